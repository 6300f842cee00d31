using System.Globalization;

namespace ModularChat.Host.Operations;

/// <summary>
/// How many files and sockets the process may have open. Without any left the runtime itself gives up, so the server
/// takes fewer connections than that, whatever is set.
/// </summary>
internal static class OpenFiles
{
    /// <summary>For assemblies, databases, logs and outgoing sockets.</summary>
    private const int Reserve = 512;

    private const int Least = 16;
    private const string Line = "Max open files";

    /// <summary>The most connections that the process can hold, and never more than are set.</summary>
    public static int Connections(int set) => Limit() is { } limit ? Math.Clamp(limit - Reserve, Math.Min(Least, set), set) : set;

    /// <summary>The soft limit, which the runtime has raised to the hard one; null where the system does not say.</summary>
    private static int? Limit()
    {
        const string path = "/proc/self/limits";
        if (!File.Exists(path))
        {
            return null;
        }
        var line = File.ReadLines(path).FirstOrDefault(l => l.StartsWith(Line, StringComparison.Ordinal));
        var soft = line?[Line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return int.TryParse(soft, CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }
}
