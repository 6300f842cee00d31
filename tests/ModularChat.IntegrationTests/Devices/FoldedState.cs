using System.Security.Cryptography;
using System.Text;
using ModularChat.Client;
using ModularChat.Client.Folding;

namespace ModularChat.IntegrationTests.Devices;

/// <summary>Everything that a user may see of a folded conversation, as lines and as a hash.</summary>
internal static class FoldedState
{
    public static string Hash(IEnumerable<string> lines) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))), 0, 8);

    public static IEnumerable<string> Lines(IEnumerable<ConversationFold> folds) =>
        folds.Where(IsKnown).OrderBy(fold => fold.State.Id).SelectMany(Lines);

    /// <summary>An invitation that came to nothing leaves nothing.</summary>
    private static bool IsKnown(ConversationFold fold) => fold.State.Me is not { Role: MemberRole.None, Ranges: null or { Count: 0 } };

    private static IEnumerable<string> Lines(ConversationFold fold)
    {
        var state = fold.State;
        var me = state.Me;
        var isIn = me.Role >= MemberRole.Member;
        // A former member keeps the title that held at the end; the server does not tell it.
        var title = me.Role == MemberRole.None ? "" : $"'{state.Title}' {state.History}";
        yield return $"{state.Id} {state.Kind} {title} head {state.Head} state {state.StateSeq} count {state.MemberCount}";
        yield return $"  me {me.Role} ranges {string.Join(',', (me.Ranges ?? []).Select(range => $"{range.From}-{range.To}"))} delivered {me.Delivered} read {me.Read}"
            + $" unread {me.Unread} muted {me.MutedUntil:O} pinned {me.Pinned} archived {me.Archived}";
        foreach (var member in (state.Members ?? []).OrderBy(member => member.UserId))
        {
            // Marks are for members and of members; a device may still hold those of the time before an invitation.
            var marks = isIn && member.Role >= MemberRole.Member ? $"delivered {member.Delivered} read {member.Read}" : "";
            yield return $"  {member.UserId} {member.Role} {marks}";
        }
        foreach (var entry in fold.Timeline)
        {
            // What happens to a message while the reader is out is told by no entry.
            yield return $"  {entry.Seq} {entry.Kind} {entry.SenderId} {(isIn ? Content(entry) : "")}";
        }
    }

    private static string Content(Entry entry) =>
        $"'{entry.Text}' to {entry.Body?.ReplyTo} {entry.Body?.Action} deleted {entry.IsDeleted} pinned {entry.IsPinned} changed {entry.Changed} edited {entry.EditedAt:O} "
        + string.Join(' ', (entry.Reactions ?? []).Select(group => group.Emoji + string.Join(',', group.UserIds)));
}
