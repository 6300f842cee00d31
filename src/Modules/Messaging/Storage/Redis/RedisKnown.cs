using System.Buffers.Binary;
using System.Globalization;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>
/// Messages whose effects this node has worked out from what it knows, as <c>known.lua</c> takes them: it compares the shard's position, so all that is
/// known is as it was told. What does not fit is left to <c>write.lua</c>, which works it out where the rows are.
/// </summary>
internal sealed class RedisKnown(KnownBatch batch, List<RedisWrite> writes, long previous)
{
    private const int Block = 1024, Target = 8, Header = 14;

    /// <summary>The stack of a script bounds how many values one command gets.</summary>
    private const int MostMembers = 2_000;

    /// <summary>What these writes do, if all are messages and all that they touch is known.</summary>
    public static RedisKnown? Plan(int shard, List<RedisWrite> writes, RedisRuns runs)
    {
        var messages = new List<Append>(writes.Count);
        foreach (var write in writes)
        {
            if (write.Append is not { Kind: EntryKind.Message, Change: null } message)
            {
                return null;
            }
            messages.Add(message);
        }
        var previous = runs.Told(shard);
        return runs.Known.Plan(shard, messages) is { Members.Count: < MostMembers } batch ? new RedisKnown(batch, writes, previous) : null;
    }

    public RespCommand Command(string key, string history)
    {
        var command = RedisScript.Known.On(key).Add(history).Add(previous).Add(previous + writes.Count).Add(writes.Count);
        Span<byte> id = stackalloc byte[16];
        Span<byte> block = stackalloc byte[4];
        Span<byte> place = stackalloc byte[16 + 8];
        for (var i = 0; i < writes.Count; i++)
        {
            var (position, seq) = (previous + i + 1, batch.Seqs[i]);
            batch.Messages[i].ConversationId.TryWriteBytes(id, bigEndian: true, out _);
            BinaryPrimitives.WriteInt32BigEndian(block, (int)((seq - 1) / Block));
            id.CopyTo(place);
            BinaryPrimitives.WriteInt64LittleEndian(place[16..], seq);
            command.Add(id).Add(block).Add(writes[i].Request).Add(seq).Add(string.Create(CultureInfo.InvariantCulture, $"{position}-0")).Add(place[..22])
                .Add(Row(writes[i], position, batch.Numbers[i]));
        }
        AddHeads(command);
        return command;
    }

    /// <summary>What the callers hear when it is stored, and the listener knows.</summary>
    public List<(RedisWrite Write, RespValue[] Result)> Results()
    {
        var results = new List<(RedisWrite, RespValue[])>(writes.Count);
        for (var i = 0; i < writes.Count; i++)
        {
            results.Add((writes[i], [RespValue.Of((long)AppendOutcome.Stored), RespValue.Of(batch.Seqs[i]), RespValue.Of(previous + i + 1)]));
        }
        return results;
    }

    /// <summary>What it did, for the listener.</summary>
    public Commit ToCommit(int shard) => batch.ToCommit(shard, previous);

    private void AddHeads(RespCommand command)
    {
        var members = batch.Members.ToLookup(m => m.ConversationId);
        foreach (var head in batch.Heads)
        {
            var after = head.After(previous);
            var id = RedisKeys.Bytes(after.ConversationId);
            KnownMember[] senders = [.. members[after.ConversationId]];
            command.Add(id).Add(Math.Max(after.Position, after.MarksPosition)).Add(1 + senders.Length).Add("h").Add(RedisRows.Encode(after));
            foreach (var sender in senders)
            {
                command.Add([(byte)'m', .. RedisKeys.Bytes(sender.Before.UserId)]).Add(RedisRows.Encode(sender.After(previous)));
            }
        }
    }

    // As write.lua makes it of the same parts.
    private static byte[] Row(RedisWrite write, long position, long number)
    {
        var append = write.Append!;
        var fixedPart = write.Fixed;
        var body = write.Body;
        var target = append.Target is > 0 ? 6 : 0;
        var row = new byte[Header + fixedPart.Length + target + body.Length];
        row[0] = (byte)append.Kind;
        row[1] = (byte)(target > 0 ? Target : 0);
        // Numbers take six bytes: what the second and third write beyond is overwritten by what follows.
        BinaryPrimitives.WriteInt64LittleEndian(row.AsSpan(2), position);
        BinaryPrimitives.WriteInt64LittleEndian(row.AsSpan(8), number);
        fixedPart.CopyTo(row.AsSpan(Header));
        if (target > 0)
        {
            Span<byte> whole = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(whole, append.Target!.Value);
            whole[..target].CopyTo(row.AsSpan(Header + fixedPart.Length));
        }
        body.CopyTo(row.AsSpan(Header + fixedPart.Length + target));
        return row;
    }
}
