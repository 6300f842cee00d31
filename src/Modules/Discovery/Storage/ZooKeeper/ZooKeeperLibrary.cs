using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ModularChat.Storage;

namespace ModularChat.Discovery.Storage.ZooKeeper;

/// <summary>The official C client of ZooKeeper, multi-threaded: what of it is used here.</summary>
internal static unsafe partial class ZooKeeperLibrary
{
    public const int Ok = 0, ConnectionLoss = -4, NoNode = -101, NodeExists = -110;
    /// <summary>Of a session. One below 0 is over.</summary>
    public const int Connected = 3;
    public const int Persistent = 0, Ephemeral = 1;
    public const int ChildEvent = 4, SessionEvent = -1, AnyVersion = -1;

    private const string Name = "libzookeeper_mt";

    private static readonly string[] Names = ["libzookeeper_mt.so.2", "libzookeeper_mt.so", "libzookeeper_mt.2.dylib", "zookeeper_mt"];

    static ZooKeeperLibrary() => NativeLibrary.SetDllImportResolver(typeof(ZooKeeperLibrary).Assembly, Resolve);

    /// <summary>A list of names as the library returns it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Strings
    {
        public int Count;
        public byte** Data;
    }

    /// <summary>Everybody may do everything: who may reach the registry is the network's business.</summary>
    public static nint OpenAcl => NativeLibrary.GetExport(Load(), "ZOO_OPEN_ACL_UNSAFE");

    /// <summary>Loads the library.</summary>
    /// <exception cref="StartupException">It is not installed.</exception>
    public static nint Load()
    {
        foreach (var name in Names)
        {
            if (NativeLibrary.TryLoad(name, out var handle))
            {
                return handle;
            }
        }
        throw new StartupException($"Discovery:Registry is 'zookeeper', but its client library is not installed (apt-get install libzookeeper-mt2; looked for {string.Join(", ", Names)}).");
    }

    public static string Describe(int code) => Marshal.PtrToStringUTF8(Error(code)) ?? "unknown error";

    [LibraryImport(Name, EntryPoint = "zookeeper_init", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint Open(string hosts, delegate* unmanaged[Cdecl]<nint, int, int, byte*, nint, void> watch, int timeout, nint session, nint context, int flags);

    [LibraryImport(Name, EntryPoint = "zookeeper_close")]
    public static partial int Close(nint handle);

    [LibraryImport(Name, EntryPoint = "zoo_state")]
    public static partial int State(nint handle);

    [LibraryImport(Name, EntryPoint = "zoo_set_debug_level")]
    public static partial void SetLogLevel(int level);

    [LibraryImport(Name, EntryPoint = "zoo_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Create(nint handle, string path, byte* value, int length, nint acl, int mode, byte* name, int nameLength);

    [LibraryImport(Name, EntryPoint = "zoo_set", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Set(nint handle, string path, byte* value, int length, int version);

    [LibraryImport(Name, EntryPoint = "zoo_delete", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Delete(nint handle, string path, int version);

    [LibraryImport(Name, EntryPoint = "zoo_get", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Get(nint handle, string path, int watch, byte* value, int* length, nint stat);

    [LibraryImport(Name, EntryPoint = "zoo_wget_children", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Children(nint handle, string path, delegate* unmanaged[Cdecl]<nint, int, int, byte*, nint, void> watch, nint context, Strings* names);

    [LibraryImport(Name, EntryPoint = "deallocate_String_vector")]
    public static partial int Free(Strings* names);

    [LibraryImport(Name, EntryPoint = "zerror")]
    private static partial nint Error(int code);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == Name ? Load() : 0;
}
