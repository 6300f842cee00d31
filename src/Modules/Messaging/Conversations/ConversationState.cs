using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

/// <summary>
/// A conversation in memory: its head and its members. The head and the members' roles and ranges belong together; the marks
/// in the member rows may already be newer than the head.
/// </summary>
internal sealed record ConversationState(Head Head, MemberTable Members);

/// <summary>What one commit did to one conversation.</summary>
/// <param name="Head">Its new head.</param>
/// <param name="Rows">The rows of members that changed.</param>
/// <param name="IsNew">True when the commit made the conversation, so that the rows are all there are.</param>
internal sealed record ConversationChange(Head Head, List<Member> Rows, bool IsNew)
{
    /// <summary>Lays the change over a state; passes it over when the state was read after the commit.</summary>
    public static ConversationState? Apply(ConversationState? state, ConversationChange change)
    {
        if (state is null)
        {
            return change.IsNew ? new ConversationState(change.Head, new MemberTable(change.Rows)) : null;
        }
        if (!IsNewer(change.Head, state.Head))
        {
            return state;
        }
        if (change.Head.MembersSeq != state.Head.MembersSeq)
        {
            return new ConversationState(change.Head, state.Members.With(change.Rows));
        }
        foreach (var row in change.Rows)
        {
            state.Members.Move(row);
        }
        return state with { Head = change.Head };
    }

    /// <summary>True when one head was read after the other: positions only rise.</summary>
    public static bool IsNewer(Head one, Head other) => one.Position > other.Position || one.MarksPosition > other.MarksPosition;
}
