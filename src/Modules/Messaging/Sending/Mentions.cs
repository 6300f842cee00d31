using MediatR;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Sending;

/// <summary>Finds whom a text calls by <c>@name</c>.</summary>
internal sealed class Mentions(IMediator mediator, ConversationViews views)
{
    private const string All = "all";
    private const int MaxNames = 50, MinLength = 3, MaxLength = 32;

    /// <summary>The members called by name, null when none, and whether everybody is called.</summary>
    public async ValueTask<(Guid[]? UserIds, bool? CallsAll)> FindAsync(string text, ConversationState state, Member sender, CancellationToken token)
    {
        if (!text.Contains('@', StringComparison.Ordinal) || Names(text) is not { Count: > 0 } names)
        {
            return (null, null);
        }
        bool? callsAll = names.Remove(All) && MayCallAll(state.Head, sender) ? true : null;
        if (names.Count == 0)
        {
            return (null, callsAll);
        }
        List<Guid>? called = null;
        foreach (var user in await mediator.Send(new FindUsersByName([.. names]), token))
        {
            if (state.Members.Find(user.Id) is { Role: >= MemberRole.Member })
            {
                (called ??= []).Add(user.Id);
            }
        }
        return (called?.ToArray(), callsAll);
    }

    /// <summary>
    /// What may be a name after an <c>@</c> that does not stand inside a word (as in an address of e-mail); at most
    /// <see cref="MaxNames"/> places. A name may end in a point, and a sentence too: both readings are given.
    /// </summary>
    internal static HashSet<string> Names(string text)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var places = 0;
        for (var at = text.IndexOf('@', StringComparison.Ordinal); at >= 0 && places < MaxNames; at = text.IndexOf('@', at + 1))
        {
            if (at > 0 && IsNamePart(text[at - 1]))
            {
                continue;
            }
            var end = at + 1;
            while (end < text.Length && IsNamePart(text[end]))
            {
                end++;
            }
            var name = text.AsSpan(at + 1, end - at - 1);
            var bare = name.TrimEnd("._-");
            places++;
            Add(names, name);
            if (bare.Length != name.Length)
            {
                Add(names, bare);
            }
        }
        return names;
    }

    private bool MayCallAll(Head head, Member sender) =>
        head.Kind is ConversationKind.Group or ConversationKind.Channel && (sender.Role >= MemberRole.Administrator || views.IsSmall(head));

    private static void Add(HashSet<string> names, ReadOnlySpan<char> name)
    {
        if (name.Length is >= MinLength and <= MaxLength)
        {
            names.Add(name.ToString());
        }
    }

    // Surrogates: letters beyond the first plane are letters too; what is no letter finds nobody.
    private static bool IsNamePart(char c) =>
        char.IsLetterOrDigit(c) || c is '_' or '.' or '-' || char.IsSurrogate(c)
        || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;
}
