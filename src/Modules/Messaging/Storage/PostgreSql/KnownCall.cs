using ModularChat.Messaging.Storage.Writing;
using Npgsql;
using NpgsqlTypes;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>
/// One call of the function <c>append_known</c>: messages whose effects this node has worked out from what it knows. The function compares every
/// head under the shard's lock; what does not fit is left to <see cref="AppendCall"/>, which works it out where the rows are.
/// </summary>
internal sealed class KnownCall(int shard, KnownBatch batch, long basis, Published published)
{
    private const string Sql = "SELECT append_known($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

    private const NpgsqlDbType Array = NpgsqlDbType.Array;

    /// <summary>A call for these writes, if all are messages and all that they touch is known.</summary>
    public static KnownCall? Plan(int shard, List<Write> writes, Published published)
    {
        var messages = new List<Append>(writes.Count);
        foreach (var write in writes)
        {
            if (write is not AppendWrite { IsMessage: true } message)
            {
                return null;
            }
            message.Place = messages.Count;
            messages.Add(message.Append);
        }
        // Before what is known: it may then be newer, but never older than this says.
        var basis = published[shard];
        return published.Known.Plan(shard, messages) is { } batch ? new KnownCall(shard, batch, basis, published) : null;
    }

    /// <summary>Makes the call; everything is on disk when it returns. Null: nothing was written, and nothing stands against writing it the other way.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="known">The position that this node has seen of the shard: a shard behind it has lost history.</param>
    /// <param name="token">Ends the wait, not what the server does.</param>
    public async Task<AppendAnswer?> TrySendAsync(NpgsqlConnection connection, long known, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        Bind(command.Parameters, known);
        await using var reader = await command.ExecuteReaderAsync(token);
        await reader.ReadAsync(token);
        var answer = reader.GetFieldValue<long?[]>(0);
        // The row comes before the commit; its outcome is known when there is no further result.
        while (await reader.ReadAsync(token) || await reader.NextResultAsync(token))
        {
        }
        var state = (ShardState)(answer[0] ?? (long)ShardState.Gone);
        var previous = answer[1] ?? 0;
        var isStored = answer[2] > 0;
        if (state == ShardState.Held)
        {
            published.Known.Note(shard, isStored);
        }
        return isStored ? AppendAnswer.Of(shard, batch, previous, isExact: answer[2] == 1)
            : state != ShardState.Held || previous < known ? AppendAnswer.Of(shard, state, previous)
            : null;
    }

    private void Bind(NpgsqlParameterCollection p, long known)
    {
        var (messages, heads, members) = (batch.Messages, batch.Heads, batch.Members);
        p.AddWithValue(shard);
        p.AddWithValue(known);
        p.AddWithValue(basis);
        Add(p, NpgsqlDbType.Uuid, messages, m => m.ConversationId);
        Add(p, NpgsqlDbType.Uuid, messages, m => m.SenderId);
        Add(p, NpgsqlDbType.Uuid, messages, m => m.ClientMessageId);
        Add(p, NpgsqlDbType.Uuid, messages, m => new Guid(m.RequestHash, bigEndian: true));
        Add(p, NpgsqlDbType.Bytea, messages, m => AppendCall.Bytes(m.Body));
        AddNumbers(p, messages, (m, _) => m.At.UtcTicks, (m, _) => EntryCheck.Of(m), (m, _) => m.Target ?? 0, (_, i) => batch.Seqs[i], (_, i) => batch.Numbers[i]);
        Add(p, NpgsqlDbType.Uuid, heads, h => h.Before.ConversationId);
        AddNumbers(
            p, heads, (h, _) => h.Before.Seq, (h, _) => h.Before.MembersSeq, (h, _) => h.Seq, (h, _) => h.Number, (h, _) => h.Last, (h, _) => h.LastMark,
            (h, _) => h.Before.Cut, (h, _) => h.Before.MarksPosition);
        Add(p, NpgsqlDbType.Uuid, members, m => m.ConversationId);
        Add(p, NpgsqlDbType.Uuid, members, m => m.Before.UserId);
        AddNumbers(p, members, (m, _) => m.Seq, (m, _) => m.Number, (m, _) => m.Last, (m, _) => m.Before.MarksPosition);
    }

    /// <summary>One array, row after row, in the order in which the function reads it.</summary>
    private static void AddNumbers<TRow>(NpgsqlParameterCollection p, IReadOnlyList<TRow> rows, params ReadOnlySpan<Func<TRow, int, long>> columns)
    {
        var numbers = new long[rows.Count * columns.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            var row = i / columns.Length;
            numbers[i] = columns[i % columns.Length](rows[row], row);
        }
        p.AddWithValue(Array | NpgsqlDbType.Bigint, numbers);
    }

    private static void Add<TRow, TValue>(NpgsqlParameterCollection p, NpgsqlDbType type, IReadOnlyList<TRow> rows, Func<TRow, TValue> value)
    {
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = value(rows[i]);
        }
        p.AddWithValue(Array | type, values);
    }
}
