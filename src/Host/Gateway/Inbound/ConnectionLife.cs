using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>What every live connection goes through once it is known whose it is, whatever its transport.</summary>
internal sealed partial class ConnectionLife(
    Attendance attendance, Opening opening, ConnectionTable table, LiveSessions sessions, IOptions<GatewayOptions> options, ILogger<ConnectionLife> logger)
{
    /// <summary>Registers the connection, opens it from the cursor beside <paramref name="inbound"/>, and takes it out when that is over.</summary>
    /// <param name="connection">With its caller set.</param>
    /// <param name="cursor">Where the device is; null for a first sync.</param>
    /// <param name="inbound">Runs as long as the client is there; not called when the user has too many connections: then it is closed.</param>
    public async Task RunAsync(Connection connection, string? cursor, Func<Task> inbound)
    {
        var caller = connection.Caller!;
        if (table.CountOf(caller.UserId) >= options.Value.ConnectionsPerUser)
        {
            connection.Close(CloseReason.TooManyConnections);
            return;
        }
        using var seat = sessions.Enter(connection);
        table.Enter(connection);
        try
        {
            await attendance.ArriveAsync(connection, connection.Closed);
            var opened = OpenAsync(connection, cursor);
            await inbound();
            await opened;
        }
        finally
        {
            table.Detach(connection);
            table.Leave(connection);
            await attendance.LeaveAsync(connection);
        }
    }

    private async Task OpenAsync(Connection connection, string? cursor)
    {
        try
        {
            await opening.GoLiveAsync(connection, cursor, connection.Closed);
        }
        catch (ChatException problem)
        {
            connection.Send(Frames.Problem(null, problem));
            connection.Close(
                problem.Code == ProblemCodes.InvalidCursor ? CloseReason.BadCursor
                : problem.Code == ProblemCodes.Forbidden ? CloseReason.Unauthorized
                : CloseReason.SyncAgain);
        }
        catch (OperationCanceledException) when (connection.Closed.IsCancellationRequested)
        {
            // Gone while opening.
        }
        catch (Exception e)
        {
            Log.OpeningFailed(logger, e);
            connection.Close(CloseReason.Internal);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3010, LogLevel.Error, "Opening a connection failed.")]
        public static partial void OpeningFailed(ILogger logger, Exception exception);
    }
}
