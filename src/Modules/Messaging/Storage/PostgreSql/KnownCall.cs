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
        p.AddWithValue(Array | NpgsqlDbType.Bigint, MessageNumbers());
        Add(p, NpgsqlDbType.Uuid, heads, h => h.Before.ConversationId);
        p.AddWithValue(Array | NpgsqlDbType.Bigint, HeadNumbers());
        Add(p, NpgsqlDbType.Uuid, members, m => m.ConversationId);
        Add(p, NpgsqlDbType.Uuid, members, m => m.Before.UserId);
        p.AddWithValue(Array | NpgsqlDbType.Bigint, MemberNumbers());
    }

    /// <summary>Of each message in turn: at, chk, target, seq, number.</summary>
    private long[] MessageNumbers()
    {
        const int Width = 5;
        var numbers = new long[batch.Messages.Count * Width];
        for (var i = 0; i < batch.Messages.Count; i++)
        {
            var message = batch.Messages[i];
            var row = numbers.AsSpan(i * Width, Width);
            (row[0], row[1], row[2], row[3], row[4]) = (message.At.UtcTicks, EntryCheck.Of(message), message.Target ?? 0, batch.Seqs[i], batch.Numbers[i]);
        }
        return numbers;
    }

    /// <summary>Of each head in turn: seq and members' seq before, seq, number, last message, last mark, cut and marks before.</summary>
    private long[] HeadNumbers()
    {
        const int Width = 8;
        var numbers = new long[batch.Heads.Count * Width];
        for (var i = 0; i < batch.Heads.Count; i++)
        {
            var (head, before) = (batch.Heads[i], batch.Heads[i].Before);
            var row = numbers.AsSpan(i * Width, Width);
            (row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7]) =
                (before.Seq, before.MembersSeq, head.Seq, head.Number, head.Last, head.LastMark, before.Cut, before.MarksPosition);
        }
        return numbers;
    }

    /// <summary>Of each member in turn: seq and number read, last message, marks before.</summary>
    private long[] MemberNumbers()
    {
        const int Width = 4;
        var numbers = new long[batch.Members.Count * Width];
        for (var i = 0; i < batch.Members.Count; i++)
        {
            var member = batch.Members[i];
            var row = numbers.AsSpan(i * Width, Width);
            (row[0], row[1], row[2], row[3]) = (member.Seq, member.Number, member.Last, member.Before.MarksPosition);
        }
        return numbers;
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
