using MediatR;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Notifications.Preferences;
using ModularChat.Notifications.Providers;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Sending;

/// <summary>All that pushes are made of, as it is at the moment: each thing is asked for once, for all pushes that are made together.</summary>
internal sealed class Facts
{
    private Dictionary<(Guid, Guid), Wishes> _wishes = [];
    private readonly Dictionary<(Guid, long), FoundMessage> _messages = [];
    private readonly Dictionary<(Guid, Guid, long), EntryReader> _readers = [];
    private Dictionary<Guid, long> _unread = [];
    private Dictionary<Guid, PushSender> _senders = [];

    public static async Task<Facts> ReadAsync(IReadOnlyList<QueueRow> pushes, IMediator mediator, PreferenceBook preferences, CancellationToken token)
    {
        var facts = new Facts();
        var messages = pushes.Where(push => push.Subject == PushSubject.Message).ToList();
        foreach (var of in messages.GroupBy(push => (push.ConversationId, push.Seq)))
        {
            if (await mediator.Send(new FindMessage(of.Key.ConversationId, of.Key.Seq), token) is { } found)
            {
                facts._messages[of.Key] = found;
                foreach (var reader in await mediator.Send(new GetReaders(of.Key.ConversationId, of.Key.Seq, [.. of.Select(push => push.UserId).Distinct()]), token))
                {
                    facts._readers[(reader.UserId, of.Key.ConversationId, of.Key.Seq)] = reader;
                }
            }
        }
        var calls = pushes.Where(push => push.Subject is PushSubject.Call or PushSubject.CallEnded).ToList();
        if (messages.Count + calls.Count > 0)
        {
            facts._wishes = await preferences.WishesAsync([.. messages.Concat(calls).Select(push => (push.UserId, push.ConversationId)).Distinct()], token);
        }
        Guid[] counted = [.. pushes.Where(push => push.Subject is PushSubject.Message or PushSubject.Read).Select(push => push.UserId).Distinct()];
        if (counted.Length > 0)
        {
            facts._unread = (await mediator.Send(new CountUnread(counted), token)).ToDictionary(one => one.UserId, one => one.Count);
        }
        Guid[] senders = [.. facts._messages.Values.Select(found => found.Entry.SenderId).Concat(calls.Where(push => push.SenderId is not null).Select(push => push.SenderId!.Value)).Distinct()];
        if (senders.Length > 0)
        {
            facts._senders = (await mediator.Send(new GetUsers(senders), token)).ToDictionary(user => user.Id, user => new PushSender(user.Id, user.DisplayName, user.AvatarColour));
        }
        return facts;
    }

    public Wishes Wishes(QueueRow push) => _wishes[(push.UserId, push.ConversationId)];

    /// <summary>Null: it is deleted, or there is none.</summary>
    public FoundMessage? Message(QueueRow push) => _messages.GetValueOrDefault((push.ConversationId, push.Seq));

    /// <summary>Null: is no member.</summary>
    public EntryReader? Reader(QueueRow push) => _readers.GetValueOrDefault((push.UserId, push.ConversationId, push.Seq));

    public long Unread(QueueRow push) => _unread[push.UserId];

    /// <summary>Null: there is no such user any more.</summary>
    public PushSender? Sender(Guid userId) => _senders.GetValueOrDefault(userId);
}
