using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading.Channels;

namespace ModularChat.Storage.Redis;

/// <summary>A connection over a socket of its own. Many may send at once: what is sent together stays together.</summary>
public sealed class RedisConnection : IRedisConnection
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly Channel<Sent> _outgoing = Channel.CreateUnbounded<Sent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentQueue<Sent> _waiting = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loops;
    private int _isLost;

    private RedisConnection(DnsEndPoint server, Socket socket, Stream stream, TimeSpan timeout, TimeProvider time)
    {
        (Server, _socket, _stream, _timeout, _time) = (server, socket, stream, timeout, time);
        _loops = Task.WhenAll(Task.Run(SendLoopAsync, CancellationToken.None), Task.Run(ReceiveLoopAsync, CancellationToken.None));
    }

    /// <inheritdoc />
    public DnsEndPoint Server { get; }

    /// <inheritdoc />
    public bool IsOpen => Volatile.Read(ref _isLost) == 0;

    /// <summary>Connects, and gives user and password.</summary>
    /// <exception cref="RedisLostException">It cannot be reached.</exception>
    /// <exception cref="RedisErrorException">It does not let us in.</exception>
    public static async Task<RedisConnection> ConnectAsync(DnsEndPoint server, RedisSettings settings, TimeProvider time, CancellationToken token)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            using var limit = new CancellationTokenSource(settings.ConnectTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(token, limit.Token);
            await socket.ConnectAsync(server.Host, server.Port, either.Token);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (settings.IsTls)
            {
                var tls = new SslStream(stream);
                stream = tls;
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = server.Host }, either.Token);
            }
        }
        catch (Exception e)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
            socket.Dispose();
            token.ThrowIfCancellationRequested();
            throw new RedisLostException($"Redis at {RedisSettings.Name(server)} cannot be reached: {(e is OperationCanceledException ? "no answer in time" : e.Message)}", e);
        }
        var connection = new RedisConnection(server, socket, stream, settings.Timeout, time);
        try
        {
            if (settings.Password is { } password)
            {
                await connection.SendAsync(settings.User is { } user ? new RespCommand("AUTH", user, password) : new RespCommand("AUTH", password), token);
            }
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async Task<RespValue[]> SendAsync(IReadOnlyList<RespCommand> commands, CancellationToken token)
    {
        var sent = new Sent(commands);
        if (!_outgoing.Writer.TryWrite(sent))
        {
            throw Lost(null);
        }
        try
        {
            return await sent.Answered.Task.WaitAsync(_timeout, _time, token);
        }
        catch (TimeoutException e)
        {
            // Answers come in order: one that is late may be taken for the next.
            Lose(e);
            throw new RedisLostException($"Redis at {RedisSettings.Name(Server)} did not answer in time.", e);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Lose(null);
        await _loops;
        await _stream.DisposeAsync();
        _stop.Dispose();
    }

    private async Task SendLoopAsync()
    {
        try
        {
            var writer = PipeWriter.Create(_stream, new StreamPipeWriterOptions(minimumBufferSize: 32 * 1024, leaveOpen: true));
            while (await _outgoing.Reader.WaitToReadAsync(_stop.Token))
            {
                while (_outgoing.Reader.TryRead(out var sent))
                {
                    _waiting.Enqueue(sent);
                    foreach (var command in sent.Commands)
                    {
                        command.WriteTo(writer);
                    }
                }
                await writer.FlushAsync(_stop.Token);
            }
        }
        catch (Exception e)
        {
            Lose(e);
        }
        while (_outgoing.Reader.TryRead(out var never))
        {
            never.Answered.TrySetException(Lost(null));
        }
        FailWaiting(null);
    }

    private async Task ReceiveLoopAsync()
    {
        Exception? reason = null;
        try
        {
            var reader = new RespReader(_stream);
            while (true)
            {
                var first = await reader.ReadAsync(_stop.Token);
                if (!_waiting.TryPeek(out var sent))
                {
                    throw new InvalidDataException("Redis answers what was not asked.");
                }
                var answers = new RespValue[sent.Commands.Count];
                answers[0] = first;
                for (var i = 1; i < answers.Length; i++)
                {
                    answers[i] = await reader.ReadAsync(_stop.Token);
                }
                _waiting.TryDequeue(out _);
                sent.Answered.TrySetResult(answers);
            }
        }
        catch (Exception e)
        {
            reason = e;
            Lose(e);
        }
        FailWaiting(reason);
    }

    private void Lose(Exception? reason)
    {
        if (Interlocked.Exchange(ref _isLost, 1) == 1)
        {
            return;
        }
        _outgoing.Writer.TryComplete(reason is RedisLostException ? reason : Lost(reason));
        _stop.Cancel();
        _socket.Dispose();
        FailWaiting(reason);
    }

    private void FailWaiting(Exception? reason)
    {
        while (_waiting.TryDequeue(out var unanswered))
        {
            unanswered.Answered.TrySetException(Lost(reason));
        }
    }

    private RedisLostException Lost(Exception? reason) => new($"The connection to Redis at {RedisSettings.Name(Server)} is lost.", reason);

    private sealed class Sent(IReadOnlyList<RespCommand> commands)
    {
        public IReadOnlyList<RespCommand> Commands { get; } = commands;

        // Those who wait go on elsewhere: the loop has the next answer to read.
        public TaskCompletionSource<RespValue[]> Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>Makes connections over sockets.</summary>
public sealed class RedisConnector(RedisSettings settings, TimeProvider time) : IRedisConnector
{
    /// <inheritdoc />
    public async Task<IRedisConnection> ConnectAsync(DnsEndPoint server, CancellationToken token) =>
        await RedisConnection.ConnectAsync(server, settings, time, token);
}
