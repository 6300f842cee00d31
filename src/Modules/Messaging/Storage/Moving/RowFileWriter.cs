using System.Security.Cryptography;

namespace ModularChat.Messaging.Storage.Moving;

/// <summary>Writes a shard into a file.</summary>
internal sealed class RowFileWriter : IAsyncDisposable
{
    private const int FlushBytes = 1 << 18;

    private readonly Stream _stream;
    private readonly MemoryStream _buffer = new();
    private readonly BinaryWriter _writer;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _records;

    public RowFileWriter(Stream stream, RowFileHeader header)
    {
        _stream = stream;
        _writer = new BinaryWriter(_buffer);
        _writer.Write(RowFile.Magic);
        _writer.Write(RowFile.Version);
        RowCodec.WriteId(_writer, header.LogId);
        _writer.Write(header.Shards);
        _writer.Write(header.Shard);
        _writer.Write(EntryCheck.OfBody(_buffer.GetBuffer().AsSpan(0, (int)_buffer.Length)));
    }

    public ValueTask AddAsync(Membership membership, CancellationToken token) => AddAsync(RowFile.Conversation, () => RowCodec.Write(_writer, membership), token);

    public ValueTask AddAsync(EntryRow row, CancellationToken token) => AddAsync(RowFile.Entry, () => RowCodec.Write(_writer, row), token);

    /// <summary>What comes now replaces what came before.</summary>
    public ValueTask AddChangesAsync(CancellationToken token) => AddAsync(RowFile.Changes, () => { }, token);

    /// <summary>The end: the file is whole and on disk when this returns.</summary>
    public async Task FinishAsync(long position, CancellationToken token)
    {
        await FlushAsync(token);
        var hash = _hash.GetCurrentHash();
        var records = _records;
        await AddAsync(
            RowFile.Footer,
            () =>
            {
                _writer.Write(position);
                _writer.Write(records);
                _writer.Write(hash);
            },
            token);
        await FlushAsync(token);
        if (_stream is FileStream file)
        {
            file.Flush(flushToDisk: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await _writer.DisposeAsync();
        await _stream.DisposeAsync();
    }

    private async ValueTask AddAsync(byte kind, Action write, CancellationToken token)
    {
        var start = (int)_buffer.Length;
        _writer.Write(0);
        _writer.Write(kind);
        write();
        var length = (int)_buffer.Length - start - 4;
        _writer.Write(EntryCheck.OfBody(_buffer.GetBuffer().AsSpan(start + 4, length)));
        _buffer.Position = start;
        _writer.Write(length - 1);
        _buffer.Position = _buffer.Length;
        _records++;
        if (_buffer.Length >= FlushBytes)
        {
            await FlushAsync(token);
        }
    }

    private async ValueTask FlushAsync(CancellationToken token)
    {
        _hash.AppendData(_buffer.GetBuffer(), 0, (int)_buffer.Length);
        await _stream.WriteAsync(_buffer.GetBuffer().AsMemory(0, (int)_buffer.Length), token);
        await _stream.FlushAsync(token);
        _buffer.SetLength(0);
    }
}
