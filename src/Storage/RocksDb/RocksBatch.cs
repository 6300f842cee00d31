using System.Runtime.InteropServices;
using static ModularChat.Storage.RocksDb.RocksNative;

namespace ModularChat.Storage.RocksDb;

/// <summary>Changes that are written together. For one thread, and for one opening of one database.</summary>
public sealed unsafe class RocksBatch : IDisposable
{
    private readonly DatabaseHandle _database;
    private readonly BatchHandle _batch = new();

    /// <summary>An empty batch.</summary>
    public RocksBatch(RocksDatabase database) => _database = database.Handle;

    /// <summary>How many changes are in it.</summary>
    public int Count => rocksdb_writebatch_count(Value);

    internal nint Value => _batch.DangerousGetHandle();

    /// <summary>Sets a key.</summary>
    public void Put(int family, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        fixed (byte* k = key, v = value)
        {
            rocksdb_writebatch_put_cf(Value, _database.Family(family), k, (nuint)key.Length, v, (nuint)value.Length);
        }
    }

    /// <summary>Takes a key away.</summary>
    public void Delete(int family, ReadOnlySpan<byte> key)
    {
        fixed (byte* k = key)
        {
            rocksdb_writebatch_delete_cf(Value, _database.Family(family), k, (nuint)key.Length);
        }
    }

    /// <summary>Takes away all keys from <paramref name="from"/> to just before <paramref name="to"/>.</summary>
    public void DeleteRange(int family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        fixed (byte* f = from, t = to)
        {
            rocksdb_writebatch_delete_range_cf(Value, _database.Family(family), f, (nuint)from.Length, t, (nuint)to.Length);
        }
    }

    /// <summary>Makes it empty for its next use.</summary>
    public void Clear() => rocksdb_writebatch_clear(Value);

    /// <inheritdoc />
    public void Dispose() => _batch.Dispose();

    private sealed class BatchHandle : SafeHandle
    {
        public BatchHandle() : base(0, ownsHandle: true) => SetHandle(rocksdb_writebatch_create());

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            rocksdb_writebatch_destroy(handle);
            return true;
        }
    }
}
