using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace ModularChat.Cli.Voice;

/// <summary>A way to a STUN or TURN server: UDP, TCP or TLS, as its address says.</summary>
internal sealed class StunWay : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), Resend = TimeSpan.FromMilliseconds(700);

    private readonly Socket _socket;
    private readonly Stream? _stream;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _filled;

    private StunWay(Socket socket, Stream? stream) => (_socket, _stream) = (socket, stream);

    /// <summary>The parts of <c>turn:host:3478?transport=tcp</c>.</summary>
    public static (string Host, int Port, string Transport) Read(string url)
    {
        var (scheme, rest) = url.Split(':', 2) is [var first, var second] ? (first, second) : throw new FormatException(url);
        var (place, query) = rest.Split('?', 2) is [var before, var behind] ? (before, behind) : (rest, "");
        var isTls = scheme is "turns" or "stuns";
        var colon = place.LastIndexOf(':');
        var hasPort = colon > place.LastIndexOf(']');
        var port = hasPort ? int.Parse(place[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture) : isTls ? 5349 : 3478;
        return ((hasPort ? place[..colon] : place).Trim('[', ']'), port, isTls ? "tls" : query == "transport=tcp" ? "tcp" : "udp");
    }

    public static async Task<StunWay> OpenAsync(string host, int port, string transport, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Patience);
        var isUdp = transport == "udp";
        var address = (await Dns.GetHostAddressesAsync(host, limit.Token))[0];
        var socket = new Socket(address.AddressFamily, isUdp ? SocketType.Dgram : SocketType.Stream, isUdp ? ProtocolType.Udp : ProtocolType.Tcp);
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), limit.Token);
            if (!isUdp)
            {
                stream = new NetworkStream(socket, ownsSocket: false);
            }
            if (transport == "tls")
            {
                var tls = new SslStream(stream!);
                stream = tls;
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, limit.Token);
            }
            return new StunWay(socket, stream);
        }
        catch
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
            socket.Dispose();
            throw;
        }
    }

    public async Task SendAsync(byte[] message, CancellationToken token)
    {
        if (_stream is not null)
        {
            await _stream.WriteAsync(message, token);
        }
        else
        {
            await _socket.SendAsync(message, token);
        }
    }

    /// <summary>Sends a message and waits for what is wanted; again and again, since UDP may lose it.</summary>
    public async Task<StunMessage> AskAsync(byte[] message, Predicate<StunMessage> isAnswer, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Patience);
        while (true)
        {
            await SendAsync(message, limit.Token);
            if (await WaitAsync(isAnswer, _stream is null ? Resend : Patience, limit.Token) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <summary>Waits for a message; null when it does not come.</summary>
    public async Task<StunMessage?> WaitAsync(Predicate<StunMessage> isWanted, TimeSpan patience, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(patience);
        try
        {
            while (true)
            {
                var message = await ReceiveAsync(limit.Token);
                if (isWanted(message))
                {
                    return message;
                }
            }
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _socket.Dispose();
    }

    private async Task<StunMessage> ReceiveAsync(CancellationToken token)
    {
        if (_stream is null)
        {
            var count = await _socket.ReceiveAsync(_buffer, token);
            return StunMessage.Read(_buffer.AsSpan(0, count));
        }
        int length;
        while (!StunMessage.IsWhole(_buffer.AsSpan(0, _filled), out length))
        {
            var read = await _stream.ReadAsync(_buffer.AsMemory(_filled), token);
            _filled += read > 0 ? read : throw new IOException("The server closed the connection.");
        }
        var message = StunMessage.Read(_buffer.AsSpan(0, length));
        _buffer.AsSpan(length, _filled - length).CopyTo(_buffer);
        _filled -= length;
        return message;
    }
}
