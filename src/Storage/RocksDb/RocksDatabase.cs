using System.Runtime.InteropServices;
using System.Text;
using static ModularChat.Storage.RocksDb.RocksNative;

namespace ModularChat.Storage.RocksDb;

/// <summary>
/// One RocksDB database with its column families, which are named by their index. Safe for many threads, but not while it is disposed: what
/// reads holds a snapshot or an iterator, and the database is closed when the last of them is.
/// </summary>
public sealed unsafe class RocksDatabase : IDisposable
{
    private const byte ForceBottommost = 2;

    private readonly DatabaseHandle _handle;
    private readonly nint _synced = rocksdb_writeoptions_create();
    private readonly nint _latest = rocksdb_readoptions_create();
    private int _isDisposed;

    private RocksDatabase(DatabaseHandle handle, string path, int families)
    {
        (_handle, Path, FamilyCount) = (handle, path, families);
        rocksdb_writeoptions_set_sync(_synced, 1);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>How many column families there are.</summary>
    public int FamilyCount { get; }

    internal DatabaseHandle Handle => _handle;

    /// <summary>Opens the folder, made when missing, with the families, made when missing.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="settings">What it may take.</param>
    /// <param name="families">Their names; the first must be <c>default</c>.</param>
    /// <param name="readOnly">True: nothing is made or written, and no lock is taken; the state is that of the opening.</param>
    /// <exception cref="StartupException">The library is missing.</exception>
    /// <exception cref="RocksErrorException">It cannot be opened.</exception>
    public static RocksDatabase Open(string path, RocksSettings settings, IReadOnlyList<string> families, bool readOnly = false)
    {
        if (RocksLibrary.WhyMissing is { } missing)
        {
            throw new StartupException(missing);
        }
        try
        {
            return new RocksDatabase(DatabaseHandle.Open(path, settings, families, readOnly), path, families.Count);
        }
        catch (EntryPointNotFoundException e)
        {
            throw new StartupException($"The library of RocksDB on this machine does not fit: {e.Message}", e);
        }
    }

    /// <summary>Writes all of a batch or nothing; when it returns, the batch is synced and everybody reads it.</summary>
    /// <exception cref="RocksErrorException">It is not known whether it was written: close this database and open it again.</exception>
    public void Write(RocksBatch batch) => Use(database =>
    {
        rocksdb_write(database, _synced, batch.Value, out var error);
        Check(error);
    });

    /// <summary>The value of a key as it is now, or in a snapshot; to be disposed.</summary>
    public RocksValue Get(int family, ReadOnlySpan<byte> key, RocksSnapshot? snapshot = null)
    {
        var isHeld = false;
        try
        {
            _handle.DangerousAddRef(ref isHeld);
            fixed (byte* bytes = key)
            {
                var slice = rocksdb_get_pinned_cf(_handle.Value, snapshot?.Options ?? _latest, _handle.Family(family), bytes, (nuint)key.Length, out var error);
                Check(error);
                if (slice == 0)
                {
                    return default;
                }
                // The value holds the database open in the place of this call.
                isHeld = false;
                return new RocksValue(_handle, slice);
            }
        }
        finally
        {
            if (isHeld)
            {
                _handle.DangerousRelease();
            }
        }
    }

    /// <summary>A copy of the database in a new folder, consistent and made of hard links where it can be.</summary>
    public void Checkpoint(string folder) => Use(database =>
    {
        var made = rocksdb_checkpoint_object_create(database, out var error);
        Check(error);
        var path = (byte*)Marshal.StringToCoTaskMemUTF8(folder);
        try
        {
            rocksdb_checkpoint_create(made, path, 0, out error);
            Check(error);
        }
        finally
        {
            Marshal.FreeCoTaskMem((nint)path);
            rocksdb_checkpoint_object_destroy(made);
        }
    });

    /// <summary>Brings what is in memory and in the write-ahead log into table files, so that the log begins anew.</summary>
    public void Flush() => Use(database =>
    {
        var options = rocksdb_flushoptions_create();
        try
        {
            rocksdb_flushoptions_set_wait(options, 1);
            for (var family = 0; family < FamilyCount; family++)
            {
                rocksdb_flush_cf(database, options, _handle.Family(family), out var error);
                Check(error);
            }
        }
        finally
        {
            rocksdb_flushoptions_destroy(options);
        }
    });

    /// <summary>Writes all table files anew without what was deleted or replaced, unless a snapshot still sees it.</summary>
    public void Compact() => Use(database =>
    {
        var options = rocksdb_compactoptions_create();
        try
        {
            rocksdb_compactoptions_set_bottommost_level_compaction(options, ForceBottommost);
            for (var family = 0; family < FamilyCount; family++)
            {
                rocksdb_compact_range_cf_opt(database, _handle.Family(family), options, null, 0, null, 0);
            }
        }
        finally
        {
            rocksdb_compactoptions_destroy(options);
        }
    });

    /// <summary>A number that RocksDB keeps about a family (<c>rocksdb.estimate-num-keys</c>); 0 when there is none of this name.</summary>
    public long Number(int family, string property)
    {
        var number = 0L;
        Use(database =>
        {
            fixed (byte* name = Encoding.UTF8.GetBytes(property + '\0'))
            {
                number = rocksdb_property_int_cf(database, _handle.Family(family), name, out var value) == 0 ? (long)value : 0;
            }
        });
        return number;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _handle.Dispose();
            rocksdb_writeoptions_destroy(_synced);
            rocksdb_readoptions_destroy(_latest);
        }
    }

    private void Use(Action<nint> use)
    {
        var isHeld = false;
        try
        {
            _handle.DangerousAddRef(ref isHeld);
            use(_handle.Value);
        }
        finally
        {
            if (isHeld)
            {
                _handle.DangerousRelease();
            }
        }
    }
}

/// <summary>A value in RocksDB's own memory.</summary>
public readonly unsafe ref struct RocksValue
{
    private readonly DatabaseHandle? _database;
    private readonly nint _slice;

    internal RocksValue(DatabaseHandle database, nint slice)
    {
        (_database, _slice) = (database, slice);
        var bytes = rocksdb_pinnableslice_value(slice, out var length);
        Span = new ReadOnlySpan<byte>(bytes, (int)length);
    }

    /// <summary>False when there is no such key.</summary>
    public bool IsFound => _database is not null;

    /// <summary>The value, until it is disposed.</summary>
    public ReadOnlySpan<byte> Span { get; }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (_database is not null)
        {
            rocksdb_pinnableslice_destroy(_slice);
            _database.DangerousRelease();
        }
    }
}
