using Microsoft.AspNetCore.Connections;

namespace ModularChat.Host.Operations;

/// <summary>Closes the connection that is one too many. Counts all kinds for as long as they last; Kestrel's own limit stops counting when one becomes a WebSocket.</summary>
internal sealed partial class ConnectionLimit(int most, ILogger logger)
{
    private int _open;

    public ConnectionDelegate Use(ConnectionDelegate next) => async connection =>
    {
        try
        {
            if (Interlocked.Increment(ref _open) > most)
            {
                Log.Refused(logger, most);
                connection.Abort();
                return;
            }
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    };

    private static partial class Log
    {
        [LoggerMessage(20, LogLevel.Debug, "A connection was refused: {Most} are open")]
        public static partial void Refused(ILogger logger, int most);
    }
}
