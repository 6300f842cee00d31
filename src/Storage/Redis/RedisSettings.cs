using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace ModularChat.Storage.Redis;

/// <summary>Where a Redis server or cluster is, as said by one connection string: <c>host:port,host:port,password=...,prefix=...</c>.</summary>
/// <param name="Servers">At least one; of a cluster any of its nodes, better several.</param>
/// <param name="User">Of an access list; null: the default user.</param>
/// <param name="Password">Null: none.</param>
/// <param name="IsTls">True: encrypted.</param>
/// <param name="Prefix">With what the names of all keys begin, so that several logs may share a server.</param>
/// <param name="ConnectTimeout">For a connection to be there.</param>
/// <param name="Timeout">For an answer; a connection that takes longer is given up.</param>
public sealed record RedisSettings(
    IReadOnlyList<DnsEndPoint> Servers, string? User, string? Password, bool IsTls, string Prefix, TimeSpan ConnectTimeout, TimeSpan Timeout)
{
    private const int DefaultPort = 6379;
    private const string Wanted = "A database of the message log on Redis (Storage:Messages:Databases) must look like host:6379,password=...,prefix=log";

    /// <summary>Reads a connection string.</summary>
    /// <exception cref="StartupException">What is wrong with it; names no value, as one of them is a password.</exception>
    public static RedisSettings Parse(string text)
    {
        var servers = new List<DnsEndPoint>();
        var settings = new RedisSettings(servers, null, null, false, "log", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                servers.Add(TryServer(part, out var server) ? server : throw Wrong("a port is a number"));
                continue;
            }
            var value = part[(equals + 1)..];
            settings = part[..equals].ToLowerInvariant() switch
            {
                "user" => settings with { User = value },
                "password" => settings with { Password = value },
                "ssl" => settings with { IsTls = bool.TryParse(value, out var tls) ? tls : throw Wrong("ssl is true or false") },
                "prefix" => settings with { Prefix = IsName(value) ? value : throw Wrong("prefix is made of letters, digits, - and _") },
                "connecttimeout" => settings with { ConnectTimeout = Milliseconds(value) },
                "timeout" => settings with { Timeout = Milliseconds(value) },
                _ => throw Wrong("it has an unknown setting (known: user, password, ssl, prefix, connectTimeout, timeout)"),
            };
        }
        return servers.Count > 0 ? settings : throw Wrong("it names no server");
    }

    /// <summary>The servers, for a message.</summary>
    public override string ToString() => string.Join(", ", Servers.Select(Name));

    /// <summary>Reads <c>host:port</c>; without a port it is 6379.</summary>
    public static bool TryServer(string address, [NotNullWhen(true)] out DnsEndPoint? server)
    {
        var colon = address.LastIndexOf(':');
        if (colon < 0 || address.EndsWith(']'))
        {
            server = new DnsEndPoint(address.Trim('[', ']'), DefaultPort);
            return true;
        }
        server = ushort.TryParse(address[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? new DnsEndPoint(address[..colon].Trim('[', ']'), port)
            : null;
        return server is not null;
    }

    internal static string Name(DnsEndPoint server) => $"{server.Host}:{server.Port.ToString(CultureInfo.InvariantCulture)}";

    private static TimeSpan Milliseconds(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is >= 10 and <= 600_000
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw Wrong("a timeout is a number of milliseconds, 10 to 600,000");

    private static bool IsName(string value) => value.Length is > 0 and <= 64 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static StartupException Wrong(string why) => new($"{Wanted}: {why}.");
}
