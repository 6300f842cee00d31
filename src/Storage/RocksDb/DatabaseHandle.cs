using System.Runtime.InteropServices;
using static ModularChat.Storage.RocksDb.RocksNative;

namespace ModularChat.Storage.RocksDb;

/// <summary>An open database with everything that must be freed after it and before it. Iterators and snapshots hold it open.</summary>
internal sealed unsafe class DatabaseHandle : SafeHandle
{
    private const int Lz4 = 4, PointInTimeRecovery = 2, WarnLevel = 2, TwoLevelIndex = 2;

    private readonly nint _options;
    private readonly nint _table;
    private readonly nint _cache;
    private readonly nint[] _families;

    private DatabaseHandle(RocksSettings settings, int families) : base(0, ownsHandle: true)
    {
        _families = new nint[families];
        _cache = rocksdb_cache_create_lru((nuint)settings.BlockCacheBytes);
        _table = rocksdb_block_based_options_create();
        rocksdb_block_based_options_set_block_cache(_table, _cache);
        rocksdb_block_based_options_set_filter_policy(_table, rocksdb_filterpolicy_create_bloom_full(10));
        // Indexes and filters count in the cache: otherwise memory grows with the data. In small pieces: the index of a whole file is larger
        // than a part of the cache, and was read and unpacked again for every look-up (measured before and after: docs/decisions/0014-embedded-engines.md).
        rocksdb_block_based_options_set_cache_index_and_filter_blocks(_table, 1);
        rocksdb_block_based_options_set_index_type(_table, TwoLevelIndex);
        rocksdb_block_based_options_set_partition_filters(_table, 1);
        rocksdb_block_based_options_set_pin_top_level_index_and_filter(_table, 1);
        rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(_table, 1);
        rocksdb_block_based_options_set_format_version(_table, 5);
        _options = rocksdb_options_create();
        rocksdb_options_set_block_based_table_factory(_options, _table);
        rocksdb_options_set_create_if_missing(_options, 1);
        rocksdb_options_set_create_missing_column_families(_options, 1);
        rocksdb_options_set_compression(_options, Lz4);
        rocksdb_options_set_level_compaction_dynamic_level_bytes(_options, 1);
        rocksdb_options_set_db_write_buffer_size(_options, (nuint)settings.WriteBufferBytes);
        rocksdb_options_set_write_buffer_size(_options, (nuint)settings.WriteBufferBytes);
        // New requests are looked up where they are not.
        rocksdb_options_set_memtable_whole_key_filtering(_options, 1);
        rocksdb_options_set_memtable_prefix_bloom_size_ratio(_options, 0.02);
        // A family that is rarely written keeps every log file since its last flush.
        rocksdb_options_set_max_total_wal_size(_options, (ulong)settings.WriteBufferBytes * 2);
        rocksdb_options_set_max_open_files(_options, settings.MaxOpenFiles);
        rocksdb_options_set_max_background_jobs(_options, 2);
        rocksdb_options_set_bytes_per_sync(_options, 1 << 20);
        // A torn end of the log is what a lost power leaves; everything before it was synced and is taken.
        rocksdb_options_set_wal_recovery_mode(_options, PointInTimeRecovery);
        rocksdb_options_set_info_log_level(_options, WarnLevel);
        rocksdb_options_set_keep_log_file_num(_options, 5);
        rocksdb_options_set_max_log_file_size(_options, 1 << 20);
    }

    public override bool IsInvalid => handle == 0;

    public nint Value => handle;

    public nint Family(int index) => _families[index];

    public static DatabaseHandle Open(string path, RocksSettings settings, IReadOnlyList<string> families, bool readOnly)
    {
        var opened = new DatabaseHandle(settings, families.Count);
        var names = new nint[families.Count];
        var options = new nint[families.Count];
        var file = (byte*)Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            for (var i = 0; i < names.Length; i++)
            {
                (names[i], options[i]) = (Marshal.StringToCoTaskMemUTF8(families[i]), opened._options);
            }
            nint error;
            fixed (nint* name = names, option = options, family = opened._families)
            {
                opened.SetHandle(readOnly
                    ? rocksdb_open_for_read_only_column_families(opened._options, file, names.Length, name, option, family, 0, out error)
                    : rocksdb_open_column_families(opened._options, file, names.Length, name, option, family, out error));
            }
            Check(error);
            return opened;
        }
        catch
        {
            // A handle that was never valid is not released by itself.
            opened.FreeOptions();
            opened.SetHandleAsInvalid();
            throw;
        }
        finally
        {
            foreach (var name in names)
            {
                Marshal.FreeCoTaskMem(name);
            }
            Marshal.FreeCoTaskMem((nint)file);
        }
    }

    protected override bool ReleaseHandle()
    {
        foreach (var family in _families)
        {
            rocksdb_column_family_handle_destroy(family);
        }
        rocksdb_close(handle);
        FreeOptions();
        return true;
    }

    private void FreeOptions()
    {
        rocksdb_options_destroy(_options);
        rocksdb_block_based_options_destroy(_table);
        rocksdb_cache_destroy(_cache);
    }
}
