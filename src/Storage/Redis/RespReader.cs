using System.Buffers.Text;
using System.Text;

namespace ModularChat.Storage.Redis;

/// <summary>Takes answers off a stream of bytes (RESP version 2).</summary>
internal sealed class RespReader(Stream stream)
{
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>The next answer.</summary>
    /// <exception cref="EndOfStreamException">The server has closed the connection.</exception>
    public async ValueTask<RespValue> ReadAsync(CancellationToken token)
    {
        while (true)
        {
            var position = _start;
            if (TryRead(_buffer.AsSpan(0, _end), ref position, out var value))
            {
                _start = position;
                return value;
            }
            Room();
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), token);
            if (read == 0)
            {
                throw new EndOfStreamException("Redis has closed the connection.");
            }
            _end += read;
        }
    }

    private void Room()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }
        if (_end < _buffer.Length)
        {
            return;
        }
        // An answer that does not fit is read again from its begin: doubling keeps that cheap.
        var kept = _end - _start;
        var target = kept > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        Buffer.BlockCopy(_buffer, _start, target, 0, kept);
        (_buffer, _start, _end) = (target, 0, kept);
    }

    private static bool TryRead(ReadOnlySpan<byte> bytes, ref int position, out RespValue value)
    {
        value = default;
        var line = bytes[position..];
        var length = line.IndexOf("\r\n"u8);
        if (length < 0)
        {
            return false;
        }
        line = line[..length];
        position += length + 2;
        switch (line[0])
        {
            case (byte)'+':
                value = RespValue.Of(line[1..].ToArray());
                return true;
            case (byte)'-':
                value = RespValue.OfError(Encoding.UTF8.GetString(line[1..]));
                return true;
            case (byte)':':
                value = RespValue.Of(Number(line));
                return true;
            case (byte)'$':
                return TryReadString(bytes, (int)Number(line), ref position, out value);
            case (byte)'*':
                return TryReadArray(bytes, (int)Number(line), ref position, out value);
            default:
                throw new InvalidDataException("The server does not speak as Redis does.");
        }
    }

    private static bool TryReadString(ReadOnlySpan<byte> bytes, int length, ref int position, out RespValue value)
    {
        value = RespValue.Null;
        if (length < 0)
        {
            return true;
        }
        if (bytes.Length - position < length + 2)
        {
            return false;
        }
        value = RespValue.Of(bytes.Slice(position, length).ToArray());
        position += length + 2;
        return true;
    }

    private static bool TryReadArray(ReadOnlySpan<byte> bytes, int length, ref int position, out RespValue value)
    {
        value = RespValue.Null;
        if (length < 0)
        {
            return true;
        }
        // Each element takes at least 4 bytes: do not make room for what cannot be there yet.
        if ((bytes.Length - position) / 4 < length)
        {
            return false;
        }
        var items = new RespValue[length];
        for (var i = 0; i < length; i++)
        {
            if (!TryRead(bytes, ref position, out items[i]))
            {
                return false;
            }
        }
        value = RespValue.Of(items);
        return true;
    }

    private static long Number(ReadOnlySpan<byte> line) =>
        Utf8Parser.TryParse(line[1..], out long number, out var used) && used == line.Length - 1
            ? number
            : throw new InvalidDataException("The server does not speak as Redis does.");
}
