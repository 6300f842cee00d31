using System.Buffers;
using System.Buffers.Binary;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>Puts values one after another, numbers in six bytes: positions and seqs end at 2^48, and a small row keeps its hash in the small form.</summary>
internal sealed class PackedWriter(int size = 96)
{
    private readonly ArrayBufferWriter<byte> _bytes = new(size);

    public PackedWriter Byte(int value) => Bytes([(byte)value]);

    public PackedWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public PackedWriter Number(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Bytes(bytes[..6]);
    }

    public PackedWriter Integer(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return Bytes(bytes);
    }

    public PackedWriter Long(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Bytes(bytes);
    }

    public PackedWriter Id(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Bytes(bytes);
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();
}

/// <summary>Takes them off again.</summary>
internal ref struct PackedReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _bytes = bytes;

    public readonly bool IsEmpty => _bytes.IsEmpty;

    public readonly ReadOnlySpan<byte> Rest => _bytes;

    public int Byte() => Bytes(1)[0];

    public ReadOnlySpan<byte> Bytes(int count)
    {
        var taken = _bytes[..count];
        _bytes = _bytes[count..];
        return taken;
    }

    public long Number()
    {
        Span<byte> whole = stackalloc byte[8];
        Bytes(6).CopyTo(whole);
        return BinaryPrimitives.ReadInt64LittleEndian(whole);
    }

    public int Integer() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));

    public Guid Id() => new(Bytes(16), bigEndian: true);
}
