using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Sending;

/// <summary>
/// Who may do what: docs/decisions/0005-membership-and-roles.md. Whoever is not a member now is told what one is told about a
/// conversation that does not exist.
/// </summary>
internal static class Roles
{
    public static void RequireMember(Member? member)
    {
        if (member is not { Role: >= MemberRole.Member })
        {
            throw ChatException.NoConversation();
        }
    }

    /// <summary>In a group its administrators and owner; elsewhere everybody in it.</summary>
    public static void RequireAdministrator(Head head, Member member)
    {
        RequireMember(member);
        if (head.Kind is ConversationKind.Group or ConversationKind.Channel && member.Role < MemberRole.Administrator)
        {
            throw new ChatException(ProblemCodes.Forbidden, "Only administrators of the group may do this.");
        }
    }

    public static void RequireOwner(Member member)
    {
        RequireMember(member);
        if (member.Role != MemberRole.Owner)
        {
            throw new ChatException(ProblemCodes.Forbidden, "Only the owner of the group may do this.");
        }
    }

    /// <summary>Members, title and settings are there to be changed in groups only.</summary>
    public static void RequireGroup(Head head)
    {
        if (head.Kind is not (ConversationKind.Group or ConversationKind.Channel))
        {
            throw new ChatException(ProblemCodes.Forbidden, "This conversation is not a group.");
        }
    }

    public static void RequireWriter(Head head, Member member)
    {
        RequireMember(member);
        if (head.Kind == ConversationKind.Channel && member.Role < MemberRole.Administrator)
        {
            throw new ChatException(ProblemCodes.Forbidden, "Only administrators write in a channel.");
        }
    }
}
