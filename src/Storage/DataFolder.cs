namespace ModularChat.Storage;

/// <summary>
/// The folder of all data, made when missing and held by an exclusive lock until it is disposed, so that no two processes
/// ever write the same files.
/// </summary>
public sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>The absolute path.</summary>
    public string Path { get; }

    /// <summary>Makes the folder if need be, for the owner's eyes only, and locks it.</summary>
    /// <exception cref="StartupException">It cannot be made or written, or another process holds it.</exception>
    public static DataFolder Open(string directory)
    {
        var path = System.IO.Path.GetFullPath(directory);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The data folder {path} (Storage:Directory) cannot be made: {e.Message}", e);
        }
        return new DataFolder(path, Lock(path));
    }

    /// <summary>The path of a file in the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <inheritdoc />
    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string path)
    {
        try
        {
            // FileShare.None is flock on Unix: the system lets go of it when the process ends, however it ends.
            return new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartupException($"The data folder {path} (Storage:Directory) cannot be written: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new StartupException($"The data folder {path} (Storage:Directory) is in use by another process.", e);
        }
    }
}
