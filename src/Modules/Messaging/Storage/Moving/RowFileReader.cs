using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace ModularChat.Messaging.Storage.Moving;

/// <summary>One record of a file: a conversation, an entry, or neither where changes begin.</summary>
internal sealed record RowRecord(Membership? Conversation, EntryRow? Entry);

/// <summary>Reads a shard from a file, and holds it to its checksums.</summary>
internal sealed class RowFileReader : IAsyncDisposable
{
    private const int HeaderBytes = 8 + 4 + 16 + 4 + 4 + 4;

    private readonly Stream _stream;
    private readonly string _name;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private RowFileReader(Stream stream, string name) => (_stream, _name) = (stream, name);

    public RowFileHeader Header { get; private set; } = null!;

    /// <summary>True behind the place where changes begin.</summary>
    public bool HasChanges { get; private set; }

    /// <summary>There after the last record.</summary>
    public RowFileFooter? Footer { get; private set; }

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="InvalidDataException">It is no such file, or a newer program has made it.</exception>
    public static async Task<RowFileReader> OpenAsync(string path, CancellationToken token)
    {
        var reader = new RowFileReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 18, useAsync: true), Path.GetFileName(path));
        try
        {
            await reader.ReadHeaderAsync(token);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>Every record up to the footer.</summary>
    /// <exception cref="InvalidDataException">A record is damaged, or the end is missing.</exception>
    public async IAsyncEnumerable<RowRecord> ReadAsync([EnumeratorCancellation] CancellationToken token)
    {
        for (var records = 0L; ; records++)
        {
            var bytes = await RecordAsync(token);
            if (bytes[4] == RowFile.Footer)
            {
                Footer = End(bytes, records);
                yield break;
            }
            _hash.AppendData(bytes);
            HasChanges |= bytes[4] == RowFile.Changes;
            yield return Parse(bytes);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await _stream.DisposeAsync();
    }

    private async Task ReadHeaderAsync(CancellationToken token)
    {
        var bytes = new byte[HeaderBytes];
        await ReadAsync(bytes, token);
        if (!bytes.AsSpan(0, 8).SequenceEqual(RowFile.Magic))
        {
            throw new InvalidDataException($"{_name} is no file of a message log.");
        }
        using var reader = new BinaryReader(new MemoryStream(bytes, 8, bytes.Length - 8));
        var version = reader.ReadInt32();
        if (version > RowFile.Version)
        {
            throw new InvalidDataException($"{_name} has format version {version}, but this program knows only up to {RowFile.Version}: use a newer program.");
        }
        Header = new RowFileHeader(RowCodec.ReadId(reader), reader.ReadInt32(), reader.ReadInt32());
        if (reader.ReadUInt32() != EntryCheck.OfBody(bytes.AsSpan(0, HeaderBytes - 4)))
        {
            throw Damaged("its header");
        }
        _hash.AppendData(bytes);
    }

    /// <summary>A whole record with its length and its checksum.</summary>
    private async Task<byte[]> RecordAsync(CancellationToken token)
    {
        var start = new byte[4];
        await ReadAsync(start, token);
        var length = BitConverter.ToInt32(start);
        if (length is < 0 or > RowFile.MaxRecord)
        {
            throw Damaged("the length of a record");
        }
        var bytes = new byte[4 + 1 + length + 4];
        start.CopyTo(bytes, 0);
        await ReadAsync(bytes.AsMemory(4), token);
        return BitConverter.ToUInt32(bytes.AsSpan(length + 5)) == EntryCheck.OfBody(bytes.AsSpan(4, length + 1)) ? bytes : throw Damaged("a record");
    }

    private RowRecord Parse(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes, 5, bytes.Length - 9));
        return bytes[4] switch
        {
            RowFile.Conversation => new RowRecord(RowCodec.ReadMembership(reader, Header.Shards), null),
            RowFile.Entry => new RowRecord(null, RowCodec.ReadEntry(reader)),
            RowFile.Changes => new RowRecord(null, null),
            _ => throw Damaged("the kind of a record"),
        };
    }

    private RowFileFooter End(byte[] bytes, long records)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes, 5, bytes.Length - 9));
        var footer = new RowFileFooter(reader.ReadInt64(), reader.ReadInt64(), reader.ReadBytes(32));
        return footer.Records == records && footer.Hash.AsSpan().SequenceEqual(_hash.GetCurrentHash()) && _stream.ReadByte() < 0
            ? footer
            : throw Damaged("its end: records are missing or were changed");
    }

    private async Task ReadAsync(Memory<byte> bytes, CancellationToken token)
    {
        try
        {
            await _stream.ReadExactlyAsync(bytes, token);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"{_name} ends too early: it was not written to its end, or was cut off.", e);
        }
    }

    private InvalidDataException Damaged(string what) => new($"{_name} is damaged: {what} does not agree with its checksum.");
}
