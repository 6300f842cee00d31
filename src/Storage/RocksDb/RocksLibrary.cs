using System.Reflection;
using System.Runtime.InteropServices;

namespace ModularChat.Storage.RocksDb;

/// <summary>Finds the native library, which comes with the system and not with this program.</summary>
public static class RocksLibrary
{
    internal const string Name = "rocksdb";

    private static readonly string[] Names =
        ["librocksdb.so.7.8", "librocksdb.so.7", "librocksdb.so.8", "librocksdb.so.9", "librocksdb.so.10", "librocksdb.so", Name];

    /// <summary>Null when the library is there; else one sentence for the person who wanted it.</summary>
    public static string? WhyMissing { get; } = Find() == 0
        ? "The library of RocksDB is not on this machine: install it (Debian and Ubuntu: apt install librocksdb7.8), or choose another Storage:Messages:Engine."
        : null;

    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(RocksLibrary).Assembly, (name, _, _) => name == Name ? Find() : 0);

    private static nint Find()
    {
        foreach (var name in Names)
        {
            if (NativeLibrary.TryLoad(name, Assembly.GetExecutingAssembly(), null, out var handle))
            {
                return handle;
            }
        }
        return 0;
    }
}
