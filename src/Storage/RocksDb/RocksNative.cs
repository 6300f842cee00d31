using System.Runtime.InteropServices;

namespace ModularChat.Storage.RocksDb;

/// <summary>The functions of RocksDB's C interface (rocksdb/c.h) that are used here; the same in versions 7 to 10.</summary>
internal static unsafe partial class RocksNative
{
    private const string Library = RocksLibrary.Name;

    static RocksNative() => RocksLibrary.Register();

    [LibraryImport(Library)] public static partial nint rocksdb_options_create();
    [LibraryImport(Library)] public static partial void rocksdb_options_destroy(nint options);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_create_if_missing(nint options, byte value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_create_missing_column_families(nint options, byte value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_compression(nint options, int value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_max_open_files(nint options, int value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_db_write_buffer_size(nint options, nuint value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_write_buffer_size(nint options, nuint value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_max_total_wal_size(nint options, ulong value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_max_background_jobs(nint options, int value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_wal_recovery_mode(nint options, int value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_info_log_level(nint options, int value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_keep_log_file_num(nint options, nuint value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_max_log_file_size(nint options, nuint value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_bytes_per_sync(nint options, ulong value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_level_compaction_dynamic_level_bytes(nint options, byte value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_memtable_whole_key_filtering(nint options, byte value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_memtable_prefix_bloom_size_ratio(nint options, double value);
    [LibraryImport(Library)] public static partial void rocksdb_options_set_block_based_table_factory(nint options, nint table);

    [LibraryImport(Library)] public static partial nint rocksdb_block_based_options_create();
    [LibraryImport(Library)] public static partial void rocksdb_block_based_options_destroy(nint table);
    [LibraryImport(Library)] public static partial void rocksdb_block_based_options_set_block_cache(nint table, nint cache);
    [LibraryImport(Library)] public static partial void rocksdb_block_based_options_set_filter_policy(nint table, nint policy);
    [LibraryImport(Library)] public static partial void rocksdb_block_based_options_set_cache_index_and_filter_blocks(nint table, byte value);
    [LibraryImport(Library)] public static partial void rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(nint table, byte value);
    [LibraryImport(Library)] public static partial void rocksdb_block_based_options_set_format_version(nint table, int value);
    [LibraryImport(Library)] public static partial void rocksdb_block_based_options_set_index_type(nint table, int value);
    [LibraryImport(Library)] public static partial void rocksdb_block_based_options_set_partition_filters(nint table, byte value);
    [LibraryImport(Library)] public static partial void rocksdb_block_based_options_set_pin_top_level_index_and_filter(nint table, byte value);
    [LibraryImport(Library)] public static partial nint rocksdb_filterpolicy_create_bloom_full(double bitsPerKey);
    [LibraryImport(Library)] public static partial nint rocksdb_cache_create_lru(nuint capacity);
    [LibraryImport(Library)] public static partial void rocksdb_cache_destroy(nint cache);

    [LibraryImport(Library)] public static partial nint rocksdb_open_column_families(nint options, byte* path, int count, nint* names, nint* familyOptions, nint* families, out nint error);
    [LibraryImport(Library)] public static partial nint rocksdb_open_for_read_only_column_families(nint options, byte* path, int count, nint* names, nint* familyOptions, nint* families, byte errorIfWalExists, out nint error);
    [LibraryImport(Library)] public static partial void rocksdb_column_family_handle_destroy(nint family);
    [LibraryImport(Library)] public static partial void rocksdb_close(nint database);
    [LibraryImport(Library)] public static partial void rocksdb_free(nint memory);

    [LibraryImport(Library)] public static partial nint rocksdb_writeoptions_create();
    [LibraryImport(Library)] public static partial void rocksdb_writeoptions_destroy(nint options);
    [LibraryImport(Library)] public static partial void rocksdb_writeoptions_set_sync(nint options, byte value);
    [LibraryImport(Library)] public static partial nint rocksdb_readoptions_create();
    [LibraryImport(Library)] public static partial void rocksdb_readoptions_destroy(nint options);
    [LibraryImport(Library)] public static partial void rocksdb_readoptions_set_snapshot(nint options, nint snapshot);
    [LibraryImport(Library)] public static partial void rocksdb_readoptions_set_iterate_lower_bound(nint options, byte* key, nuint length);
    [LibraryImport(Library)] public static partial void rocksdb_readoptions_set_iterate_upper_bound(nint options, byte* key, nuint length);

    [LibraryImport(Library)] public static partial nint rocksdb_writebatch_create();
    [LibraryImport(Library)] public static partial void rocksdb_writebatch_destroy(nint batch);
    [LibraryImport(Library)] public static partial void rocksdb_writebatch_clear(nint batch);
    [LibraryImport(Library)] public static partial int rocksdb_writebatch_count(nint batch);
    [LibraryImport(Library)] public static partial void rocksdb_writebatch_put_cf(nint batch, nint family, byte* key, nuint keyLength, byte* value, nuint valueLength);
    [LibraryImport(Library)] public static partial void rocksdb_writebatch_delete_cf(nint batch, nint family, byte* key, nuint keyLength);
    [LibraryImport(Library)] public static partial void rocksdb_writebatch_delete_range_cf(nint batch, nint family, byte* from, nuint fromLength, byte* to, nuint toLength);
    [LibraryImport(Library)] public static partial void rocksdb_write(nint database, nint options, nint batch, out nint error);

    [LibraryImport(Library)] public static partial nint rocksdb_get_pinned_cf(nint database, nint options, nint family, byte* key, nuint keyLength, out nint error);
    [LibraryImport(Library)] public static partial byte* rocksdb_pinnableslice_value(nint slice, out nuint length);
    [LibraryImport(Library)] public static partial void rocksdb_pinnableslice_destroy(nint slice);

    [LibraryImport(Library)] public static partial nint rocksdb_create_iterator_cf(nint database, nint options, nint family);
    [LibraryImport(Library)] public static partial void rocksdb_iter_seek_to_first(nint iterator);
    [LibraryImport(Library)] public static partial void rocksdb_iter_seek_to_last(nint iterator);
    [LibraryImport(Library)] public static partial void rocksdb_iter_seek(nint iterator, byte* key, nuint keyLength);
    [LibraryImport(Library)] public static partial void rocksdb_iter_next(nint iterator);
    [LibraryImport(Library)] public static partial void rocksdb_iter_prev(nint iterator);
    [LibraryImport(Library)] public static partial byte rocksdb_iter_valid(nint iterator);
    [LibraryImport(Library)] public static partial byte* rocksdb_iter_key(nint iterator, out nuint length);
    [LibraryImport(Library)] public static partial byte* rocksdb_iter_value(nint iterator, out nuint length);
    [LibraryImport(Library)] public static partial void rocksdb_iter_get_error(nint iterator, out nint error);
    [LibraryImport(Library)] public static partial void rocksdb_iter_destroy(nint iterator);

    [LibraryImport(Library)] public static partial nint rocksdb_create_snapshot(nint database);
    [LibraryImport(Library)] public static partial void rocksdb_release_snapshot(nint database, nint snapshot);

    [LibraryImport(Library)] public static partial nint rocksdb_checkpoint_object_create(nint database, out nint error);
    [LibraryImport(Library)] public static partial void rocksdb_checkpoint_create(nint checkpoint, byte* path, ulong logSizeForFlush, out nint error);
    [LibraryImport(Library)] public static partial void rocksdb_checkpoint_object_destroy(nint checkpoint);

    [LibraryImport(Library)] public static partial nint rocksdb_flushoptions_create();
    [LibraryImport(Library)] public static partial void rocksdb_flushoptions_destroy(nint options);
    [LibraryImport(Library)] public static partial void rocksdb_flushoptions_set_wait(nint options, byte value);
    [LibraryImport(Library)] public static partial void rocksdb_flush_cf(nint database, nint options, nint family, out nint error);
    [LibraryImport(Library)] public static partial nint rocksdb_compactoptions_create();
    [LibraryImport(Library)] public static partial void rocksdb_compactoptions_destroy(nint options);
    [LibraryImport(Library)] public static partial void rocksdb_compactoptions_set_bottommost_level_compaction(nint options, byte value);
    [LibraryImport(Library)] public static partial void rocksdb_compact_range_cf_opt(nint database, nint family, nint options, byte* from, nuint fromLength, byte* to, nuint toLength);
    [LibraryImport(Library)] public static partial int rocksdb_property_int_cf(nint database, nint family, byte* name, out ulong value);

    /// <summary>Throws what the library says, and frees its text.</summary>
    public static void Check(nint error)
    {
        if (error == 0)
        {
            return;
        }
        var message = Marshal.PtrToStringUTF8(error) ?? "unknown error";
        rocksdb_free(error);
        throw new RocksErrorException(message);
    }
}
