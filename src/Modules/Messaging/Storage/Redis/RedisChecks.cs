using System.Globalization;
using Microsoft.Extensions.Logging;
using ModularChat.Storage;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>Refuses servers that would lose what was acknowledged.</summary>
internal static partial class RedisChecks
{
    private const int OldestVersion = 7;

    /// <summary>Looks at every server that takes writes.</summary>
    /// <exception cref="StartupException">One sentence: which server, and what has to be set.</exception>
    public static async Task CheckAsync(RedisServers servers, ILogger logger, CancellationToken token)
    {
        foreach (var server in servers.Masters)
        {
            var connection = await servers.ShareAsync(server, token);
            await CheckAsync(connection, $"Redis at {server.Host}:{server.Port.ToString(CultureInfo.InvariantCulture)}", logger, token);
        }
    }

    private static async Task CheckAsync(IRedisConnection connection, string server, ILogger logger, CancellationToken token)
    {
        var info = RedisInfo.Parse((await connection.SendAsync(new RespCommand("INFO"), token)).Text);
        var version = info["redis_version"];
        if (!int.TryParse(version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) || major < OldestVersion)
        {
            throw new StartupException($"{server} is version {version}, but the message log needs Redis {OldestVersion} or newer.");
        }
        if (info["aof_enabled"] != "1")
        {
            throw new StartupException($"{server} keeps nothing on disk: the message log needs 'appendonly yes' and 'appendfsync always'.");
        }
        if (info["maxmemory_policy"] is not ("noeviction" or ""))
        {
            throw new StartupException($"{server} throws data away when its memory is full: the message log needs 'maxmemory-policy noeviction'.");
        }
        var answer = (await connection.SendAsync([new RespCommand("CONFIG", "GET", "appendfsync")], token))[0];
        if (answer.Error is not null)
        {
            // Services that hide their settings: the operator has to know.
            Log.CannotCheck(logger, server);
        }
        else if (answer.Items is [_, var fsync] && fsync.Text != "always")
        {
            throw new StartupException($"{server} writes to disk later than it answers: the message log needs 'appendfsync always', and it has '{fsync.Text}'.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2024, LogLevel.Warning, "{Server} does not show its settings: it cannot be checked that appendfsync is 'always', without which acknowledged messages may be lost")]
        public static partial void CannotCheck(ILogger logger, string server);
    }
}
