using System.Runtime.InteropServices;
using static ModularChat.Storage.RocksDb.RocksNative;

namespace ModularChat.Storage.RocksDb;

/// <summary>The database as it was at one moment, for reads that belong together; holds it open. To be disposed soon: nothing it sees can go.</summary>
public sealed class RocksSnapshot : SafeHandle
{
    private readonly DatabaseHandle _database;
    private readonly bool _isHeld;

    /// <summary>Of this moment.</summary>
    public RocksSnapshot(RocksDatabase database) : base(0, ownsHandle: true)
    {
        _database = database.Handle;
        _database.DangerousAddRef(ref _isHeld);
        SetHandle(rocksdb_create_snapshot(_database.Value));
        Options = rocksdb_readoptions_create();
        rocksdb_readoptions_set_snapshot(Options, handle);
    }

    /// <inheritdoc />
    public override bool IsInvalid => !_isHeld;

    internal nint Options { get; }

    internal nint Value => handle;

    /// <inheritdoc />
    protected override bool ReleaseHandle()
    {
        rocksdb_readoptions_destroy(Options);
        rocksdb_release_snapshot(_database.Value, handle);
        _database.DangerousRelease();
        return true;
    }
}
