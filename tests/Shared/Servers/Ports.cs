using System.Net;
using System.Net.Sockets;

namespace ModularChat.Shared.Servers;

/// <summary>
/// Ports for servers that tests start. Below those that the system gives to outgoing connections: a server that is stopped and started again, or has a
/// second port, finds its own taken otherwise, now and then.
/// </summary>
internal static class Ports
{
    private const int First = 11_000, End = 22_000;

    /// <summary>A port that is free now.</summary>
    /// <param name="second">How far above it another one has to be free too; 0 for none.</param>
    public static int Free(int second = 0)
    {
        while (true)
        {
            var port = Random.Shared.Next(First, End);
            if (IsFree(port) && (second == 0 || IsFree(port + second)))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
