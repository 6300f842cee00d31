using System.Text.Json;
using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Notifications;
using ModularChat.Contracts.Presence;
using ModularChat.Notifications.Preferences;
using ModularChat.Notifications.Storage;
using ModularChat.Notifications.Subscriptions;

namespace ModularChat.Notifications.Deciding;

/// <summary>What a piece of the feed comes to.</summary>
/// <param name="Pushes">What is due.</param>
/// <param name="Trace">What was decided, for members who have subscriptions.</param>
internal sealed record Decided(List<QueueRow> Pushes, List<TraceRow> Trace)
{
    /// <summary>What pushes wait for: told to all once the rows are there.</summary>
    public List<DeliveryAwaited> Awaited { get; } = [];

    public bool IsEmpty => Pushes.Count == 0 && Trace.Count == 0;
}

/// <summary>Makes rows of messages. Asks each thing once for all messages of a piece, and only about members who have subscriptions.</summary>
internal sealed class Decisions(
    IMediator mediator, SubscriptionBook subscriptions, PreferenceBook preferences, IOptions<NotificationsOptions> options, TimeProvider time)
{
    private const int MostAsked = 1_000;

    public async Task<Decided> MakeAsync(IReadOnlyList<FeedEntry> entries, CancellationToken token)
    {
        var decided = new Decided([], []);
        var messages = entries.Where(entry => entry.Entry.Kind == EntryKind.Message && entry.Kind != ConversationKind.Self && entry.Recipients.Length > 1).ToList();
        if (messages.Count == 0)
        {
            return decided;
        }
        var subscribed = await subscriptions.OfAsync([.. messages.SelectMany(message => message.Recipients).Distinct()], token);
        if (subscribed.Count == 0)
        {
            return decided;
        }
        var cases = messages
            .Select(message => (Message: message, Users: message.Recipients.Where(user => user != message.Entry.SenderId && subscribed.ContainsKey(user)).ToArray()))
            .Where(one => one.Users.Length > 0).ToList();
        var wishes = await preferences.WishesAsync([.. cases.SelectMany(one => one.Users.Select(user => (user, one.Message.Entry.ConversationId)))], token);
        var attention = await AttentionAsync([.. cases.SelectMany(one => one.Users).Distinct()], token);
        foreach (var (message, users) in cases)
        {
            var readers = await ReadersAsync(message.Entry, users, token);
            var blocked = await BlockedAsync(message, users, token);
            var facts = Facts(message);
            foreach (var user in users)
            {
                var (dnd, active) = attention.GetValueOrDefault(user, (false, []));
                var member = new MemberFacts(user, readers.GetValueOrDefault(user), wishes[(user, message.Entry.ConversationId)], blocked.Contains(user), dnd, active.Length > 0);
                if (Add(decided, message.Entry, facts, member, subscribed[user]))
                {
                    decided.Awaited.Add(new DeliveryAwaited(user, active, message.Entry.ConversationId, message.Entry.Seq, message.Position));
                }
            }
        }
        return decided;
    }

    /// <summary>True when its pushes wait for the active devices.</summary>
    private bool Add(Decided decided, Entry entry, MessageFacts facts, MemberFacts member, SubscriptionRow[] devices)
    {
        var now = time.GetUtcNow();
        var life = TimeSpan.FromSeconds(options.Value.TtlSeconds);
        var verdict = PushRules.Decide(facts, member, now, life);
        if (verdict.Suppressed is not null)
        {
            decided.Trace.Add(Note(entry, member.UserId, now, PushStep.Suppressed, verdict.Suppressed));
            return false;
        }
        foreach (var device in devices.Where(device => device.TakesMessages()))
        {
            var push = new QueueRow
            {
                Id = Ids.New(),
                SubscriptionId = device.Id,
                UserId = member.UserId,
                Subject = PushSubject.Message,
                ConversationId = entry.ConversationId,
                Seq = entry.Seq,
                Provider = device.Provider,
                IsUrgent = verdict.IsUrgent,
                WaitsForDevice = verdict.WaitsForDevice,
                CreatedAt = now,
                DueAt = verdict.WaitsForDevice ? now.AddSeconds(options.Value.PushGraceSeconds) : now,
                ExpiresAt = entry.At + life,
            };
            decided.Pushes.Add(push);
            var trace = Note(entry, member.UserId, now, PushStep.Queued, verdict.WaitsForDevice ? "waits_for_device" : null);
            (trace.SubscriptionId, trace.PushId) = (device.Id, push.Id);
            decided.Trace.Add(trace);
        }
        return verdict.WaitsForDevice;
    }

    private static TraceRow Note(Entry entry, Guid userId, DateTimeOffset now, PushStep step, string? detail) =>
        new() { Id = Ids.New(), UserId = userId, ConversationId = entry.ConversationId, Seq = entry.Seq, At = now, Step = step, Detail = detail };

    private async Task<Dictionary<Guid, (bool Dnd, Guid[] Active)>> AttentionAsync(Guid[] users, CancellationToken token)
    {
        var found = new Dictionary<Guid, (bool, Guid[])>(users.Length);
        foreach (var part in users.Chunk(MostAsked))
        {
            foreach (var one in await mediator.Send(new GetAttention(part, options.Value.ActiveSeconds), token))
            {
                found[one.UserId] = (one.IsDoNotDisturb, one.ActiveDevices ?? []);
            }
        }
        return found;
    }

    private async Task<Dictionary<Guid, EntryReader>> ReadersAsync(Entry entry, Guid[] users, CancellationToken token)
    {
        var found = new Dictionary<Guid, EntryReader>(users.Length);
        foreach (var part in users.Chunk(MostAsked))
        {
            foreach (var reader in await mediator.Send(new GetReaders(entry.ConversationId, entry.Seq, part), token))
            {
                found[reader.UserId] = reader;
            }
        }
        return found;
    }

    /// <summary>In a direct conversation nothing is written between the two, so nobody has to be asked.</summary>
    private async Task<HashSet<Guid>> BlockedAsync(FeedEntry message, Guid[] users, CancellationToken token)
    {
        var blocked = new HashSet<Guid>();
        foreach (var part in message.Kind == ConversationKind.Direct ? [] : users.Chunk(MostAsked))
        {
            blocked.UnionWith((await mediator.Send(new GetRelations(message.Entry.SenderId, part), token)).Where(one => one.IsBlocked).Select(one => one.OtherId));
        }
        return blocked;
    }

    public static MessageFacts Facts(FeedEntry message)
    {
        var body = message.Entry.Body is { } json ? JsonSerializer.Deserialize(json.Utf8.Span, ContractsJson.Default.MessageBody) : null;
        return new MessageFacts(message.Kind, body?.Mentions ?? [], body?.MentionsAll == true, message.Entry.At, body is null || message.Entry.IsDeleted == true);
    }
}
