using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ModularChat.Messaging.Storage;
using ModularChat.Shared.Servers;
using ModularChat.Storage;

namespace ModularChat.StorageTests;

/// <summary>A Redis that would lose what was acknowledged, or cannot be used, is refused at start in one sentence.</summary>
public sealed class RedisStartTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("keeps nothing on disk", "--appendonly", "no")]
    [InlineData("'appendfsync always', and it has 'everysec'", "--appendfsync", "everysec")]
    [InlineData("'maxmemory-policy noeviction'", "--maxmemory-policy", "allkeys-lru")]
    public async Task A_server_that_would_lose_messages_is_refused(string why, params string[] settings)
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var server = await RedisServer.StartAsync(Token, settings);
        (await RefusalAsync(server.Address)).ShouldSatisfyAllConditions(m => m.ShouldContain(why), m => m.ShouldContain(server.Address));
    }

    [Fact]
    public async Task A_wrong_password_is_told_and_not_shown()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var server = await RedisServer.StartAsync(Token, "--requirepass", "right");
        foreach (var given in new[] { "", ",password=guessed-secret" })
        {
            (await RefusalAsync(server.Address + given)).ShouldBe($"Redis at {server.Address} does not accept the user and password of Storage:Messages:Databases.");
        }
        await using var log = await OpenAsync($"{server.Address},password=right");
        (await log.GetPositionsAsync(Token)).Length.ShouldBe(16);
    }

    [Fact]
    public async Task A_server_that_is_away_is_told() =>
        (await RefusalAsync("127.0.0.1:1")).ShouldStartWith("Redis at 127.0.0.1:1 (Storage:Messages:Databases) cannot be reached");

    [Theory]
    [InlineData("password=guessed-secret")]
    [InlineData("127.0.0.1:6379,guessed-secret=x")]
    [InlineData("127.0.0.1:guessed-secret")]
    [InlineData("127.0.0.1:6379,prefix=guessed secret")]
    public async Task A_connection_string_that_is_none_is_told_and_not_shown(string database) =>
        (await RefusalAsync(database)).ShouldSatisfyAllConditions(m => m.ShouldStartWith("A database of the message log on Redis"), m => m.ShouldNotContain("secret"));

    [Fact]
    public async Task An_old_version_is_refused()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var old = PretendAsync(listener, "redis_version:6.2.7\r\nrole:master\r\naof_enabled:1\r\n", stop.Token);
        (await RefusalAsync($"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)}")).ShouldContain("is version 6.2.7, but the message log needs Redis 7");
        await stop.CancelAsync();
        await old;
    }

    [Fact]
    public async Task A_log_of_a_newer_program_is_refused_and_left_alone()
    {
        await using var database = new RedisLogs.Database();
        var connection = await database.ConnectionAsync();
        await (await OpenAsync(connection)).DisposeAsync();
        var meta = $"{{{connection.Split("prefix=")[1]}:meta}}";
        var server = await RedisLogs.StartAsync();
        await server.RunAsync(Token, "HSET", meta, "version", "99");
        (await RefusalAsync(connection)).ShouldContain("schema version 99");
        (await server.RunAsync(Token, "HGET", meta, "version")).ShouldBe("99");
    }

    private static async Task<ILogDatabase> OpenAsync(string database) =>
        await RedisLogs.Engine(new MessageLogOptions(), 100, TimeProvider.System).OpenAsync(database, new LogOpening(null, null), new RecordingListener(), Token);

    private static async Task<string> RefusalAsync(string database)
    {
        var message = (await Should.ThrowAsync<StartupException>(() => OpenAsync(database))).Message;
        message.ShouldNotContain("guessed-secret");
        return message;
    }

    /// <summary>Answers every command on every connection with the same INFO.</summary>
    private static async Task PretendAsync(TcpListener listener, string info, CancellationToken token)
    {
        var talks = new List<Task>();
        try
        {
            while (true)
            {
                talks.Add(AnswerAsync(await listener.AcceptTcpClientAsync(token), info, token));
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
        await Task.WhenAll(talks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task AnswerAsync(TcpClient client, string info, CancellationToken token)
    {
        using var closing = client;
        var answer = Encoding.UTF8.GetBytes($"${info.Length.ToString(CultureInfo.InvariantCulture)}\r\n{info}\r\n");
        var buffer = new byte[1000];
        for (int read; (read = await client.GetStream().ReadAsync(buffer, token)) > 0;)
        {
            // Each command begins with a star, and several may come in one piece.
            foreach (var _ in buffer.AsSpan(0, read).ToArray().Where(one => one == (byte)'*'))
            {
                await client.GetStream().WriteAsync(answer, token);
            }
        }
    }
}
