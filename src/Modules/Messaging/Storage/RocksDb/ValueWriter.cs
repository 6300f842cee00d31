using System.Buffers.Binary;

namespace ModularChat.Messaging.Storage.RocksDb;

/// <summary>Puts a value together in memory that is used again for the next. Numbers are little-endian, ids and keys big-endian, times UTC ticks.</summary>
internal sealed class ValueWriter
{
    private byte[] _bytes = new byte[1024];
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public ValueWriter Begin()
    {
        _length = 0;
        return this;
    }

    public ValueWriter Add(byte value)
    {
        Take(1)[0] = value;
        return this;
    }

    public ValueWriter Add(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);
        return this;
    }

    public ValueWriter Add(DateTimeOffset value) => Add(value.UtcTicks);

    public ValueWriter Add(Guid value)
    {
        value.TryWriteBytes(Take(16), bigEndian: true, out _);
        return this;
    }

    public ValueWriter Add(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Take(value.Length));
        return this;
    }

    private Span<byte> Take(int length)
    {
        if (_length + length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + length));
        }
        _length += length;
        return _bytes.AsSpan(_length - length, length);
    }
}

/// <summary>Takes a value apart in the order in which it was put together.</summary>
internal ref struct ValueReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte Byte()
    {
        var value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public long Number()
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(_rest);
        _rest = _rest[8..];
        return value;
    }

    /// <summary>A number or, for 0, null.</summary>
    public long? NullableNumber() => Number() is var number && number == 0 ? null : number;

    public DateTimeOffset Time() => new(Number(), TimeSpan.Zero);

    /// <summary>A time or, for 0, null.</summary>
    public DateTimeOffset? NullableTime() => Number() is var ticks && ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);

    public Guid Id()
    {
        var value = new Guid(_rest[..16], bigEndian: true);
        _rest = _rest[16..];
        return value;
    }
}
