using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.PostgreSql;
using Npgsql;
using NpgsqlTypes;

namespace ModularChat.Benchmarks;

/// <summary>The log's own tables, written as its writer does: arrays, one statement.</summary>
internal sealed class RawPostgreSql(string database) : IRawLog
{
    private readonly LogServer _server = new(database, Workload.Shards, 4);
    private readonly Dictionary<Guid, long> _seqs = [];
    private NpgsqlConnection? _connection;
    private long _position;

    public async Task CreateAsync(Guid[] conversations, Guid[] users)
    {
        foreach (var part in conversations.Select((id, i) => (Id: id, I: i)).Chunk(1000))
        {
            await RunAsync(
                "INSERT INTO conversation SELECT id, 0, 0, 0, NULL, 0, 0, 0, 1, 0, 0, 2, 0 FROM unnest($1) AS o(id)",
                (NpgsqlDbType.Uuid, part.Select(p => p.Id).ToArray()));
            await RunAsync(
                "INSERT INTO member SELECT o.id, o.u, 2, 0, 0, 0, 0, 0, 0, NULL, ARRAY[1, 0, -1, -1] FROM unnest($1, $2) AS o(id, u)",
                (NpgsqlDbType.Uuid, part.SelectMany(p => new[] { p.Id, p.Id }).ToArray()), (NpgsqlDbType.Uuid, part.SelectMany(p => new[] { users[p.I * 2], users[(p.I * 2) + 1] }).ToArray()));
        }
    }

    public async Task AppendAsync(Append[] appends)
    {
        var seqs = new long[appends.Length];
        for (var i = 0; i < appends.Length; i++)
        {
            seqs[i] = _seqs[appends[i].ConversationId] = _seqs.GetValueOrDefault(appends[i].ConversationId) + 1;
        }
        var places = appends.Select((_, i) => _position + i + 1).ToArray();
        _position += appends.Length;
        var heads = appends.Select((a, i) => (a.ConversationId, Seq: seqs[i], Place: places[i])).GroupBy(a => a.ConversationId).Select(g => g.Last()).ToArray();
        var senders = appends.Select((a, i) => (a.ConversationId, a.SenderId, Seq: seqs[i], Place: places[i])).GroupBy(a => (a.ConversationId, a.SenderId)).Select(g => g.Last()).ToArray();
        await RunAsync(
            """
            WITH e AS (INSERT INTO entry (place, seq, number, at, chk, kind, state, conversation, sender, client_message_id, hash, body)
                SELECT o.place, o.seq, o.seq, o.at, o.chk, 1, 0, o.conversation, o.sender, o.client, o.hash, o.body
                FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) AS o(place, seq, at, chk, conversation, sender, client, hash, body)),
            c AS (UPDATE conversation c SET seq = o.seq, number = o.seq, position = o.place, marks_position = o.place FROM unnest($10, $11, $12) AS o(id, seq, place) WHERE c.id = o.id),
            m AS (UPDATE member m SET read = o.seq, delivered = o.seq, read_number = o.seq, marks_position = o.place
                FROM unnest($13, $14, $15, $16) AS o(id, u, seq, place) WHERE m.conversation = o.id AND m.user_id = o.u)
            UPDATE shard SET position = $17[1] WHERE shard = 0
            """,
            (NpgsqlDbType.Bigint, places), (NpgsqlDbType.Bigint, seqs), (NpgsqlDbType.Bigint, appends.Select(a => a.At.UtcTicks).ToArray()),
            (NpgsqlDbType.Bigint, appends.Select(EntryCheck.Of).ToArray()), (NpgsqlDbType.Uuid, appends.Select(a => a.ConversationId).ToArray()),
            (NpgsqlDbType.Uuid, appends.Select(a => a.SenderId).ToArray()), (NpgsqlDbType.Uuid, appends.Select(a => a.ClientMessageId).ToArray()),
            (NpgsqlDbType.Uuid, appends.Select(a => new Guid(a.RequestHash)).ToArray()), (NpgsqlDbType.Bytea, appends.Select(a => a.Body!.Utf8.ToArray()).ToArray()),
            (NpgsqlDbType.Uuid, heads.Select(h => h.ConversationId).ToArray()), (NpgsqlDbType.Bigint, heads.Select(h => h.Seq).ToArray()),
            (NpgsqlDbType.Bigint, heads.Select(h => h.Place).ToArray()), (NpgsqlDbType.Uuid, senders.Select(s => s.ConversationId).ToArray()),
            (NpgsqlDbType.Uuid, senders.Select(s => s.SenderId).ToArray()), (NpgsqlDbType.Bigint, senders.Select(s => s.Seq).ToArray()),
            (NpgsqlDbType.Bigint, senders.Select(s => s.Place).ToArray()), (NpgsqlDbType.Bigint, new[] { _position }));
    }

    public async Task<int> PageAsync(Guid conversation)
    {
        await using var command = new NpgsqlCommand(
            "SELECT place, conversation, seq, number, kind, sender, at, client_message_id, target, body, state, changed, edited_at FROM entry WHERE conversation = $1 ORDER BY seq DESC LIMIT 50",
            await OpenAsync());
        command.Parameters.AddWithValue(conversation);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<object>(50);
        while (await reader.ReadAsync())
        {
            rows.Add((reader.GetInt64(0), reader.GetGuid(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt16(4), reader.GetGuid(5), reader.GetInt64(6), reader.GetGuid(7), reader.GetFieldValue<byte[]>(9), reader.GetInt16(10)));
        }
        rows.Reverse();
        return rows.Count;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }
        await _server.DisposeAsync();
    }

    private async Task<NpgsqlConnection> OpenAsync() => _connection ??= await _server.OpenAsync(CancellationToken.None);

    private async Task RunAsync(string sql, params (NpgsqlDbType Type, Array Values)[] arrays)
    {
        await using var command = new NpgsqlCommand(sql, await OpenAsync());
        foreach (var (type, values) in arrays)
        {
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values });
        }
        await command.ExecuteNonQueryAsync();
    }
}
