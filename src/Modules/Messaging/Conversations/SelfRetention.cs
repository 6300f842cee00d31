using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Upkeep;

namespace ModularChat.Messaging.Conversations;

/// <summary>
/// Self keeps signals for 30 days: an older cursor gets what they said by the versions that every sync carries. A log is cut from its
/// beginning only, so what lies behind the first note to oneself stays. Only users who got a signal are looked at.
/// </summary>
internal sealed partial class SelfRetention(
    IMessageLog log, ConversationCache conversations, LogAccess access, TimeProvider time, ILogger<SelfRetention> logger) : BackgroundService
{
    private const int Page = 200, MostNoted = 10_000;
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30), Between = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<Guid, byte> _noted = new();
    private readonly SemaphoreSlim _sweeping = new(1, 1);

    /// <summary>A user got a signal. One who is forgotten here is noted again with the next.</summary>
    public void Note(Guid userId)
    {
        if (_noted.Count < MostNoted)
        {
            _noted.TryAdd(userId, 0);
        }
    }

    /// <summary>Cuts what is old enough of those who got signals since the last round.</summary>
    internal async Task SweepAsync(CancellationToken token)
    {
        await _sweeping.WaitAsync(token);
        try
        {
            foreach (var (userId, _) in _noted)
            {
                _noted.TryRemove(userId, out _);
                await CutAsync(Ids.Self(userId), token);
            }
        }
        finally
        {
            _sweeping.Release();
        }
    }

    public override void Dispose()
    {
        _sweeping.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Between, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, failure);
            }
        }
    }

    private async Task CutAsync(Guid self, CancellationToken token)
    {
        if (await conversations.GetAsync(self, token) is not { Head: var head })
        {
            return;
        }
        var before = time.GetUtcNow() - Kept;
        var upTo = await FindLastOldAsync(head, before, token);
        if (upTo > head.Cut)
        {
            // Copies of the log cannot catch up with this: they and it take turns.
            await access.UseAsync(_ => log.CutAsync(self, upTo, before, token).AsTask(), token);
        }
    }

    private async Task<long> FindLastOldAsync(Head head, DateTimeOffset before, CancellationToken token)
    {
        var upTo = head.Cut;
        while (upTo < head.Seq)
        {
            var entries = await log.ReadAsync(head.ConversationId, upTo + 1, head.Seq, Page, newest: false, token);
            foreach (var (_, _, entry) in entries)
            {
                if (entry.At >= before || entry is { Kind: EntryKind.Message, IsDeleted: not true })
                {
                    return upTo;
                }
                upTo = entry.Seq;
            }
            if (entries.Count == 0)
            {
                break;
            }
        }
        return upTo;
    }

    private static partial class Log
    {
        [LoggerMessage(2022, LogLevel.Warning, "Old signals could not be cut away; it is tried again in an hour")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
