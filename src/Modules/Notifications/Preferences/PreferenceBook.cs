using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Preferences;

/// <summary>What a member wants, as it is judged by.</summary>
internal sealed record Wishes(PushLevel Default, PushLevel? Own, QuietHours? Quiet, PushContent Content);

/// <summary>What users want to be told of, and how much of it.</summary>
internal sealed class PreferenceBook(PushStore store, IOptions<NotificationsOptions> options, IMediator mediator)
{
    /// <summary>The most that a push may say.</summary>
    public PushContent Limit { get; } = Enum.Parse<PushContent>(options.Value.Content, ignoreCase: true);

    public Task<PushSettings> GetAsync(Guid userId, CancellationToken token) =>
        store.ReadAsync(
            async db =>
            {
                var row = await db.Preferences.SingleOrDefaultAsync(known => known.UserId == userId, token);
                var levels = await db.Levels.Where(known => known.UserId == userId).ToListAsync(token);
                return new PushSettings(
                    row?.Level ?? PushLevel.All, row?.Content ?? PushContent.Full, Limit, Quiet(row)?.ToInfo(),
                    [.. levels.OrderBy(level => level.ConversationId).Select(level => new ConversationPushLevel(level.ConversationId, level.Level))]);
            },
            token);

    /// <summary>Replaces all but the levels of single conversations; what is left out gets its default.</summary>
    public async Task<PushSettings> PutAsync(PutPushSettings request, CancellationToken token)
    {
        var userId = request.Caller.UserId;
        var quiet = request.QuietHours is { } hours ? QuietHours.Parse(hours) : null;
        await store.WriteAsync(
            async db =>
            {
                var row = await db.Preferences.AsTracking().SingleOrDefaultAsync(known => known.UserId == userId, token);
                if (row is null)
                {
                    row = new PreferenceRow { UserId = userId };
                    db.Preferences.Add(row);
                }
                (row.Level, row.Content) = (request.Level ?? PushLevel.All, request.Content ?? PushContent.Full);
                (row.QuietFrom, row.QuietTo, row.TimeZone) = (quiet?.From, quiet?.To, quiet?.TimeZone);
                return true;
            },
            token);
        return await GetAsync(userId, token);
    }

    /// <summary>Sets the level of one conversation of the caller's.</summary>
    public async Task<OwnPushLevel> PutLevelAsync(SetPushLevel request, CancellationToken token)
    {
        var (caller, conversationId) = (request.Caller, request.ConversationId);
        PushLevel? level = request.Level switch
        {
            "all" => PushLevel.All,
            "mentions" => PushLevel.Mentions,
            "nothing" => PushLevel.Nothing,
            "default" => null,
            _ => throw ChatException.Invalid("level", "level is all, mentions, nothing or default."),
        };
        // Refuses who is not in it.
        await mediator.Send(new GetConversation(caller, conversationId), token);
        await store.WriteAsync(
            async db =>
            {
                await db.Levels.Where(known => known.UserId == caller.UserId && known.ConversationId == conversationId).ExecuteDeleteAsync(token);
                if (level is { } own)
                {
                    db.Levels.Add(new LevelRow { UserId = caller.UserId, ConversationId = conversationId, Level = own });
                }
                return true;
            },
            token);
        return new OwnPushLevel(level);
    }

    /// <summary>What these users want, for each conversation of <paramref name="pairs"/>.</summary>
    public Task<Dictionary<(Guid UserId, Guid ConversationId), Wishes>> WishesAsync(
        IReadOnlyCollection<(Guid UserId, Guid ConversationId)> pairs, CancellationToken token) =>
        store.ReadAsync(
            async db =>
            {
                Guid[] users = [.. pairs.Select(pair => pair.UserId).Distinct()];
                var preferences = new Dictionary<Guid, PreferenceRow>();
                var levels = new Dictionary<(Guid, Guid), PushLevel>();
                foreach (var part in users.Chunk(500))
                {
                    foreach (var row in await db.Preferences.Where(row => part.Contains(row.UserId)).ToListAsync(token))
                    {
                        preferences[row.UserId] = row;
                    }
                    foreach (var row in await db.Levels.Where(row => part.Contains(row.UserId)).ToListAsync(token))
                    {
                        levels[(row.UserId, row.ConversationId)] = row.Level;
                    }
                }
                return pairs.Distinct().ToDictionary(
                    pair => pair,
                    pair =>
                    {
                        var row = preferences.GetValueOrDefault(pair.UserId);
                        var content = row?.Content ?? PushContent.Full;
                        return new Wishes(
                            row?.Level ?? PushLevel.All, levels.TryGetValue(pair, out var own) ? own : null, Quiet(row), content > Limit ? content : Limit);
                    });
            },
            token);

    private static QuietHours? Quiet(PreferenceRow? row) =>
        row is { QuietFrom: { } from, QuietTo: { } to, TimeZone: { } zone } ? new QuietHours(from, to, zone) : null;
}
