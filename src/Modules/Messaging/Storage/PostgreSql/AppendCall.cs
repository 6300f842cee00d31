using System.Runtime.InteropServices;
using System.Text;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using Npgsql;
using NpgsqlTypes;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>
/// One call of the function <c>append</c>: writes of one shard in their order, as arrays. Neighbours that can be worked out together make a run:
/// entries that change nothing else, with no request twice; or marks, with no member twice. Everything else is a run of its own.
/// </summary>
internal sealed class AppendCall(int shard, int receiptLimit)
{
    private const string Sql =
        "SELECT * FROM append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)";

    private const int KeepDays = 40;
    private const short Plain = 0, Single = 1, Marks = 2;
    private const NpgsqlDbType Array = NpgsqlDbType.Array;

    private readonly List<int> _ends = [];
    private readonly List<short> _runs = [];
    private readonly HashSet<(Guid, Guid, Guid)> _inRun = [];
    private readonly List<Guid> _conversations = [], _senders = [], _clients = [], _hashes = [];
    private readonly List<short> _kinds = [], _changes = [];
    private readonly List<long?> _ats = [], _targets = [];
    private readonly List<long> _checks = [], _membersSeqs = [];
    private readonly List<byte[]?> _bodies = [], _texts = [];
    private readonly List<short?> _roles = [], _flags = [];
    private readonly List<int> _users = [];
    private readonly List<Guid> _userIds = [];
    private readonly List<short> _userRoles = [], _userRanges = [];

    /// <summary>Appends by their place in the call; null where a mark is.</summary>
    public List<Append?> Appends { get; } = [];

    /// <summary>Adds an append; returns its place.</summary>
    public int Add(Append append)
    {
        var isPlain = append.Change is null && append.Kind != EntryKind.Created;
        Begin(isPlain ? Plain : Single, (append.ConversationId, append.SenderId, append.ClientMessageId));
        Appends.Add(append);
        _conversations.Add(append.ConversationId);
        _senders.Add(append.SenderId);
        _clients.Add(append.ClientMessageId);
        _hashes.Add(new Guid(append.RequestHash, bigEndian: true));
        _kinds.Add((short)append.Kind);
        _ats.Add(append.At.UtcTicks);
        _bodies.Add(Bytes(append.Body));
        // A settings entry has no target: the rule of what is kept comes in its place.
        _targets.Add(append.Change is Change.Settings { Keep: { } keep } ? ((long)keep.Days << KeepDays) | keep.Count : append.Target);
        _membersSeqs.Add(append.MembersSeq);
        _roles.Add((short?)append.SenderRole);
        // With an edit the lower half is for the message that it changes.
        var check = EntryCheck.Of(append);
        _checks.Add(append.Change is Change.Edit ? EntryCheck.WithBody(check, append.Body is null ? 0 : EntryCheck.OfBody(append.Body.Utf8.Span)) : check);
        AddChange(append.Change);
        return Appends.Count - 1;
    }

    public void Add(MarkAdvance advance)
    {
        Begin(Marks, (advance.ConversationId, advance.UserId, Guid.Empty));
        Appends.Add(null);
        _conversations.Add(advance.ConversationId);
        _senders.Add(advance.UserId);
        _clients.Add(Guid.Empty);
        _hashes.Add(Guid.Empty);
        _kinds.Add(0);
        _ats.Add(advance.Preferences?.MutedUntil?.UtcTicks);
        _bodies.Add(null);
        _targets.Add(advance.Delivered ?? 0);
        _membersSeqs.Add(advance.Read ?? 0);
        _roles.Add(advance.Preferences is { } preferences ? Rows.Flags(preferences) : null);
        _checks.Add(0);
        AddChange(null);
    }

    /// <summary>Makes the call; everything is on disk when it returns.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="known">The position that this node has seen of the shard: a shard behind it has lost history.</param>
    /// <param name="token">Ends the wait, not what the server does.</param>
    public async Task<AppendAnswer> SendAsync(NpgsqlConnection connection, long known, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        var p = command.Parameters;
        p.AddWithValue(shard);
        p.AddWithValue(known);
        p.AddWithValue(receiptLimit);
        p.AddWithValue(Array | NpgsqlDbType.Integer, _ends);
        p.AddWithValue(Array | NpgsqlDbType.Smallint, _runs);
        p.AddWithValue(Array | NpgsqlDbType.Uuid, _conversations);
        p.AddWithValue(Array | NpgsqlDbType.Uuid, _senders);
        p.AddWithValue(Array | NpgsqlDbType.Uuid, _clients);
        p.AddWithValue(Array | NpgsqlDbType.Uuid, _hashes);
        p.AddWithValue(Array | NpgsqlDbType.Smallint, _kinds);
        p.AddWithValue(Array | NpgsqlDbType.Bigint, _ats);
        p.AddWithValue(Array | NpgsqlDbType.Bigint, _checks);
        p.AddWithValue(Array | NpgsqlDbType.Bytea, _bodies);
        p.AddWithValue(Array | NpgsqlDbType.Bigint, _targets);
        p.AddWithValue(Array | NpgsqlDbType.Bigint, _membersSeqs);
        p.AddWithValue(Array | NpgsqlDbType.Smallint, _roles);
        p.AddWithValue(Array | NpgsqlDbType.Smallint, _changes);
        p.AddWithValue(Array | NpgsqlDbType.Bytea, _texts);
        p.AddWithValue(Array | NpgsqlDbType.Smallint, _flags);
        p.AddWithValue(Array | NpgsqlDbType.Integer, _users);
        p.AddWithValue(Array | NpgsqlDbType.Uuid, _userIds);
        p.AddWithValue(Array | NpgsqlDbType.Smallint, _userRoles);
        p.AddWithValue(Array | NpgsqlDbType.Smallint, _userRanges);
        await using var reader = await command.ExecuteReaderAsync(token);
        return await AppendAnswer.ReadAsync(reader, shard, Appends, token);
    }

    private void Begin(short run, (Guid, Guid, Guid) what)
    {
        var goesOn = _runs.Count > 0 && run != Single && _runs[^1] == run && !_inRun.Contains(what);
        if (!goesOn)
        {
            _runs.Add(run);
            _ends.Add(0);
            _inRun.Clear();
        }
        _inRun.Add(what);
        _ends[^1] = Appends.Count + 1;
    }

    private void AddChange(Change? change)
    {
        var (number, text, flag) = change switch
        {
            Change.Create create => (1, create.Title, (short)((int)create.Kind | ((int)create.History << 4))),
            Change.ChangeMembers => (2, null, (short?)null),
            Change.Settings settings => (3, settings.Title, (short?)settings.History),
            Change.Edit => (4, null, null),
            Change.Delete => (5, null, null),
            Change.React react => (6, react.Emoji, react.Remove ? (short)1 : (short)0),
            Change.Pin pin => (7, null, pin.Pinned ? (short)1 : (short)0),
            _ => (0, null, null),
        };
        _changes.Add((short)number);
        _texts.Add(text is null ? null : Encoding.UTF8.GetBytes(text));
        _flags.Add(flag);
        var before = _userIds.Count;
        switch (change)
        {
            case Change.Create create:
                foreach (var (user, role) in create.Members)
                {
                    AddUser(user, role, role >= MemberRole.Member ? RangeChange.OpenAll : RangeChange.Keep);
                }
                break;
            case Change.ChangeMembers members:
                foreach (var member in members.Changes)
                {
                    AddUser(member.UserId, member.Role, member.Range);
                }
                break;
        }
        _users.Add(_userIds.Count - before);
    }

    private void AddUser(Guid user, MemberRole role, RangeChange range)
    {
        _userIds.Add(user);
        _userRoles.Add((short)role);
        _userRanges.Add((short)range);
    }

    public static byte[]? Bytes(JsonBody? body) =>
        body is null ? null
        : MemoryMarshal.TryGetArray(body.Utf8, out var part) && part.Offset == 0 && part.Count == part.Array!.Length ? part.Array
        : body.Utf8.ToArray();
}
