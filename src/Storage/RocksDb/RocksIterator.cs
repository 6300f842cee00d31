using System.Runtime.InteropServices;
using static ModularChat.Storage.RocksDb.RocksNative;

namespace ModularChat.Storage.RocksDb;

/// <summary>
/// Goes through the keys of one family from <c>from</c> to just before <c>to</c>, in either direction, as they were when it was made or in a
/// snapshot. For one thread; holds the database open.
/// </summary>
public sealed unsafe class RocksIterator : SafeHandle
{
    private readonly DatabaseHandle _database;
    private readonly bool _isHeld;
    private readonly nint _options;
    private readonly byte* _bounds;

    /// <summary>Stands before the first key: begin with <see cref="First"/>, <see cref="Last"/> or <see cref="Seek"/>.</summary>
    public RocksIterator(RocksDatabase database, int family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, RocksSnapshot? snapshot = null) : base(0, ownsHandle: true)
    {
        _database = database.Handle;
        _database.DangerousAddRef(ref _isHeld);
        // RocksDB keeps pointers to the bounds.
        _bounds = (byte*)NativeMemory.Alloc((nuint)(from.Length + to.Length));
        from.CopyTo(new Span<byte>(_bounds, from.Length));
        to.CopyTo(new Span<byte>(_bounds + from.Length, to.Length));
        _options = rocksdb_readoptions_create();
        rocksdb_readoptions_set_iterate_lower_bound(_options, _bounds, (nuint)from.Length);
        rocksdb_readoptions_set_iterate_upper_bound(_options, _bounds + from.Length, (nuint)to.Length);
        if (snapshot is not null)
        {
            rocksdb_readoptions_set_snapshot(_options, snapshot.Value);
        }
        SetHandle(rocksdb_create_iterator_cf(_database.Value, _options, _database.Family(family)));
    }

    /// <inheritdoc />
    public override bool IsInvalid => !_isHeld;

    /// <summary>The key here, until the next move.</summary>
    public ReadOnlySpan<byte> Key => new(rocksdb_iter_key(handle, out var length), (int)length);

    /// <summary>The value here, until the next move.</summary>
    public ReadOnlySpan<byte> Value => new(rocksdb_iter_value(handle, out var length), (int)length);

    /// <summary>Goes to the first key; false when there is none.</summary>
    public bool First()
    {
        rocksdb_iter_seek_to_first(handle);
        return IsThere();
    }

    /// <summary>Goes to the last key; false when there is none.</summary>
    public bool Last()
    {
        rocksdb_iter_seek_to_last(handle);
        return IsThere();
    }

    /// <summary>Goes to the first key that is not before <paramref name="key"/>; false when there is none.</summary>
    public bool Seek(ReadOnlySpan<byte> key)
    {
        fixed (byte* bytes = key)
        {
            rocksdb_iter_seek(handle, bytes, (nuint)key.Length);
        }
        return IsThere();
    }

    /// <summary>Goes to the next key; false after the last.</summary>
    public bool Next()
    {
        rocksdb_iter_next(handle);
        return IsThere();
    }

    /// <summary>Goes to the key before; false before the first.</summary>
    public bool Previous()
    {
        rocksdb_iter_prev(handle);
        return IsThere();
    }

    /// <inheritdoc />
    protected override bool ReleaseHandle()
    {
        rocksdb_iter_destroy(handle);
        rocksdb_readoptions_destroy(_options);
        NativeMemory.Free(_bounds);
        _database.DangerousRelease();
        return true;
    }

    private bool IsThere()
    {
        if (rocksdb_iter_valid(handle) != 0)
        {
            return true;
        }
        // The end, or a fault that looks like the end.
        rocksdb_iter_get_error(handle, out var error);
        Check(error);
        return false;
    }
}
