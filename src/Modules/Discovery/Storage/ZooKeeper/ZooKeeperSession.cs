using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ModularChat.Discovery.Registry;
using Native = ModularChat.Discovery.Storage.ZooKeeper.ZooKeeperLibrary;

namespace ModularChat.Discovery.Storage.ZooKeeper;

/// <summary>
/// One session with ZooKeeper. The library connects again by itself as long as the session lives; one that is over never comes back. Calls
/// wait for their answer, so each runs on a thread of the pool; they end by themselves when the connection is lost. One call at a time.
/// </summary>
internal sealed class ZooKeeperSession : IAsyncDisposable
{
    private const int LargestValue = 16_384;

    private readonly Action _changed;
    private readonly nint _acl;
    private readonly byte[] _buffer = new byte[LargestValue];
    private GCHandle _self;
    private nint _handle;

    private unsafe ZooKeeperSession(string hosts, TimeSpan timeout, Action changed)
    {
        _changed = changed;
        _acl = Native.OpenAcl;
        // What goes wrong is told by the results; the library would write to stderr.
        Native.SetLogLevel(0);
        _self = GCHandle.Alloc(this);
        _handle = Native.Open(hosts, &Watch, (int)timeout.TotalMilliseconds, 0, GCHandle.ToIntPtr(_self), 0);
        if (_handle == 0)
        {
            _self.Free();
            throw new RegistryAwayException($"ZooKeeper cannot be found (error {Marshal.GetLastPInvokeError()}).");
        }
    }

    public bool IsConnected => Native.State(_handle) == Native.Connected;

    /// <summary>It never comes back; a new one is needed.</summary>
    public bool IsOver => Native.State(_handle) < 0;

    /// <summary>Begins a session; it connects in the background.</summary>
    /// <param name="hosts">As in the settings.</param>
    /// <param name="timeout">After which silence the session is over; the server bounds it.</param>
    /// <param name="changed">Called on the library's own thread: be quick.</param>
    /// <exception cref="RegistryAwayException">The hosts have no addresses.</exception>
    public static Task<ZooKeeperSession> OpenAsync(string hosts, TimeSpan timeout, Action changed) =>
        Task.Run(() => new ZooKeeperSession(hosts, timeout, changed));

    /// <summary>False when it is there already.</summary>
    public unsafe Task<bool> CreateAsync(string path, byte[] value, bool ephemeral) => Task.Run(() =>
    {
        fixed (byte* bytes = value)
        {
            return Check(Native.Create(_handle, path, bytes, value.Length, _acl, ephemeral ? Native.Ephemeral : Native.Persistent, null, 0), Native.NodeExists, "create");
        }
    });

    /// <summary>False when it is not there.</summary>
    public unsafe Task<bool> SetAsync(string path, byte[] value) => Task.Run(() =>
    {
        fixed (byte* bytes = value)
        {
            return Check(Native.Set(_handle, path, bytes, value.Length, Native.AnyVersion), Native.NoNode, "set");
        }
    });

    /// <summary>False when it is not there.</summary>
    public Task<bool> DeleteAsync(string path) => Task.Run(() => Check(Native.Delete(_handle, path, Native.AnyVersion), Native.NoNode, "delete"));

    /// <summary>What lies there, at most <see cref="LargestValue"/> bytes; null when it is not there.</summary>
    public unsafe Task<byte[]?> GetAsync(string path) => Task.Run(() =>
    {
        var length = _buffer.Length;
        fixed (byte* bytes = _buffer)
        {
            return Check(Native.Get(_handle, path, 0, bytes, &length, 0), Native.NoNode, "get") ? _buffer[..Math.Clamp(length, 0, _buffer.Length)] : null;
        }
    });

    /// <summary>Names below a path, and a watch on it that fires once.</summary>
    public unsafe Task<string[]> ChildrenAsync(string path) => Task.Run(() =>
    {
        Native.Strings names = default;
        if (!Check(Native.Children(_handle, path, &Watch, GCHandle.ToIntPtr(_self), &names), Native.NoNode, "list"))
        {
            return [];
        }
        try
        {
            var children = new string[names.Count];
            for (var i = 0; i < children.Length; i++)
            {
                children[i] = Marshal.PtrToStringUTF8((nint)names.Data[i]) ?? "";
            }
            return children;
        }
        finally
        {
            _ = Native.Free(&names);
        }
    });

    /// <summary>Ends the session; its ephemeral nodes go at once when the server is there.</summary>
    public async ValueTask DisposeAsync()
    {
        var handle = _handle;
        _handle = 0;
        if (handle != 0)
        {
            await Task.Run(() => Native.Close(handle));
            // Not before: until then the library may call back.
            _self.Free();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe void Watch(nint handle, int kind, int state, byte* path, nint context)
    {
        if ((kind == Native.ChildEvent || (kind == Native.SessionEvent && state == Native.Connected))
            && GCHandle.FromIntPtr(context).Target is ZooKeeperSession session)
        {
            session._changed();
        }
    }

    /// <summary>True: done; false: the answer that is expected besides.</summary>
    private static bool Check(int code, int expected, string what) =>
        code == Native.Ok || (code == expected ? false : throw new RegistryAwayException($"ZooKeeper does not {what}: {Native.Describe(code)}."));
}
