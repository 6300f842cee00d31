using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ModularChat.IntegrationTests.Push.Services;

/// <summary>What is wrong with a service.</summary>
public enum Fault
{
    /// <summary>Bytes that are no HTTP.</summary>
    Garbage,
    /// <summary>It hangs up on whoever connects.</summary>
    HangsUp,
    /// <summary>It promises more than it says, and hangs up.</summary>
    EndsInTheMiddle,
    /// <summary>It never says anything.</summary>
    Silent,
    /// <summary>It answers, and is somebody else: a captive portal.</summary>
    Portal,
    /// <summary>It refuses with a page that does not end.</summary>
    Endless,
}

/// <summary>A server on loopback that does one thing wrong.</summary>
internal sealed class BrokenServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Fault _fault;

    public BrokenServer(Fault fault)
    {
        _fault = fault;
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token), _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client, CancellationToken token)
    {
        using var closing = client;
        try
        {
            var stream = client.GetStream();
            if (_fault == Fault.HangsUp)
            {
                return;
            }
            _ = await stream.ReadAsync(new byte[65_536], token);
            await stream.WriteAsync(
                Encoding.ASCII.GetBytes(_fault switch
                {
                    Fault.Garbage => "\0\u0001 what is it that you want?\r\n\r\n",
                    Fault.EndsInTheMiddle => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 1000\r\n\r\n{\"error\":",
                    Fault.Portal => "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 19\r\n\r\n<html>Log in</html>",
                    Fault.Endless => "HTTP/1.1 500 Oh\r\nContent-Type: text/html\r\n\r\n",
                    _ => "",
                }),
                token);
            while (_fault == Fault.Endless)
            {
                await stream.WriteAsync(new byte[16_384], token);
            }
            if (_fault is Fault.Silent)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The other end has had enough.
        }
    }
}
