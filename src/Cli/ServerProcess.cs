using System.Globalization;

namespace ModularChat.Cli;

/// <summary>A server's process on the same machine, by its own accounting.</summary>
internal sealed class ServerProcess
{
    private const double TicksPerSecond = 100;
    private readonly int _pid;

    private ServerProcess(int pid) => _pid = pid;

    /// <summary>The process, or null when none is named or it cannot be read.</summary>
    public static ServerProcess? Find(int? pid) => pid is { } id && File.Exists($"/proc/{id}/stat") ? new ServerProcess(id) : null;

    /// <summary>User and system time together; null once it is gone.</summary>
    public double? CpuSeconds
    {
        get
        {
            try
            {
                var stat = File.ReadAllText($"/proc/{_pid}/stat");
                // The name of the program stands in brackets and may hold spaces.
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    /// <summary>The most memory that it has had resident; null once it is gone.</summary>
    public double? PeakMegabytes => Kilobytes("VmHWM:") / 1024;

    /// <summary>Memory that is resident now; null once it is gone.</summary>
    public double? ResidentBytes => Kilobytes("VmRSS:") * 1024;

    private double? Kilobytes(string name)
    {
        try
        {
            var line = File.ReadLines($"/proc/{_pid}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
            return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
