using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Accounts;

/// <summary>Wrong passwords for names that nobody has. They lock like real names, or a lock would tell which names are real.</summary>
internal sealed class UnknownNames
{
    // Bounded, because anybody can think of names without end; a name that falls out starts to count anew.
    private const int MaxNames = 20_000;

    private const string Attempts = "unknown-name-attempts";

    private readonly ConcurrentDictionary<string, (int Failures, DateTimeOffset? Until)> _names = new(StringComparer.Ordinal);

    public DateTimeOffset? LockedUntil(string name) => _names.TryGetValue(name, out var entry) ? entry.Until : null;

    /// <summary>Counts the attempt, and writes one row, as an attempt on a real name does: the time to answer is the same.</summary>
    public async Task CountFailureAsync(IdentityDb db, string name, int limit, DateTimeOffset lockUntil, CancellationToken token)
    {
        if (_names.Count >= MaxNames)
        {
            _names.Clear();
        }
        _names.AddOrUpdate(
            name,
            _ => (1, null),
            (_, entry) => entry.Failures + 1 >= limit ? (0, lockUntil) : (entry.Failures + 1, entry.Until));
        var counted = await db.Facts.Where(fact => fact.Key == Attempts)
            .ExecuteUpdateAsync(set => set.SetProperty(fact => fact.Number, fact => fact.Number + 1), token);
        if (counted == 0)
        {
            db.Facts.Add(new FactRow { Key = Attempts, Number = 1 });
        }
    }
}
