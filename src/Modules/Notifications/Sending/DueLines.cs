using Microsoft.EntityFrameworkCore;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Sending;

/// <summary>A service for which pushes wait, and since or until when the first of them does.</summary>
internal sealed record Line(string Service, long Due);

/// <summary>Pushes wait in a line for each service. Finding who is next costs a look at each line, however long the lines are.</summary>
internal static class DueLines
{
    /// <summary>So many lines are served at once; the others are when these are shorter.</summary>
    private const int MostLines = 50, MostAhead = 100;

    // From one service to the next by the index: DISTINCT would read through all that wait. Zero is QueueState.Waiting.
    private const string Sql = """
        WITH RECURSIVE lines(service) AS (
            SELECT MIN("Provider") FROM push_queue WHERE "State" = 0
            UNION ALL
            SELECT (SELECT MIN("Provider") FROM push_queue WHERE "State" = 0 AND "Provider" > lines.service) FROM lines WHERE lines.service IS NOT NULL)
        SELECT service AS "Service", (SELECT MIN("DueAt") FROM push_queue WHERE "State" = 0 AND "Provider" = service) AS "Due"
        FROM lines WHERE service IS NOT NULL
        """;

    /// <summary>What is due and has room, in the order in which it is sent: calls and tests, then messages by the time since which they wait.</summary>
    public static async Task<Guid[]> ReadAsync(PushDb db, IReadOnlyDictionary<string, int> room, int roomElsewhere, DateTimeOffset now, CancellationToken token)
    {
        var left = new Dictionary<string, int>(room, StringComparer.Ordinal);
        var wanted = new List<Guid>();
        var ahead = await db.Queue.Where(row => row.State == QueueState.Waiting && row.Subject != PushSubject.Message && row.Subject != PushSubject.Read && row.DueAt <= now)
            .OrderBy(row => row.DueAt).Take(MostAhead).Select(row => new { row.Id, row.Provider }).ToListAsync(token);
        foreach (var row in ahead)
        {
            Take(row.Provider, [row.Id]);
        }
        var lines = (await ListAsync(db, token)).Where(line => line.Due <= now.ToUnixTimeMilliseconds() && left.GetValueOrDefault(line.Service, roomElsewhere) > 0);
        foreach (var line in lines.OrderBy(line => line.Due).Take(MostLines))
        {
            Take(line.Service, await db.Queue.Where(row => row.State == QueueState.Waiting && row.Provider == line.Service && row.DueAt <= now)
                .OrderBy(row => row.DueAt).Take(left.GetValueOrDefault(line.Service, roomElsewhere) + ahead.Count).Select(row => row.Id).ToListAsync(token));
        }
        return [.. wanted];

        void Take(string service, List<Guid> ids)
        {
            var free = Math.Max(0, left.GetValueOrDefault(service, roomElsewhere));
            var taken = ids.Except(wanted).Take(free).ToArray();
            wanted.AddRange(taken);
            left[service] = free - taken.Length;
        }
    }

    /// <summary>When the next push is due; null: none waits.</summary>
    public static async Task<DateTimeOffset?> NextAsync(PushDb db, CancellationToken token) =>
        (await ListAsync(db, token)) is { Count: > 0 } lines ? DateTimeOffset.FromUnixTimeMilliseconds(lines.Min(line => line.Due)) : null;

    private static Task<List<Line>> ListAsync(PushDb db, CancellationToken token) => db.Database.SqlQueryRaw<Line>(Sql).ToListAsync(token);
}
