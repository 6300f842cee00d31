using System.Reflection;
using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>
/// The opening of a connection: hello, the sync from the device's cursor, then live without a hole. Pages first bring the
/// device close to the head; then the connection is attached, so that everything new is held back for it; one more sync
/// reaches past the moment of attaching; then what was held back and that sync has not brought follows.
/// </summary>
internal sealed class Opening(
    IMediator mediator, ConnectionTable table, DeliveredPositions delivered, IOptions<GatewayOptions> options, Limits limits, TimeProvider time)
{
    private const int PageEntries = 500, MostTries = 100;
    private static readonly TimeSpan Behind = TimeSpan.FromMilliseconds(50);

    private static readonly string Version =
        typeof(Opening).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    /// <summary>Brings the device from its cursor to live.</summary>
    public async Task GoLiveAsync(Connection connection, string? cursor, CancellationToken token)
    {
        if (!delivered.IsKnown)
        {
            throw new ChatException(ProblemCodes.Unavailable, "This server does not reach the messages yet.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }
        var caller = connection.Caller!;
        connection.Send(Frames.Hello(connection, caller, Version, options.Value, limits.Values));
        cursor = await SendPagesAsync(connection, caller, cursor, token);
        table.Attach(connection);
        var passed = delivered.Begun();
        for (var tries = 1; ; tries++)
        {
            cursor = await SendPagesAsync(connection, caller, cursor, token);
            var reached = await mediator.Send(new ReadCursor(cursor), token);
            if (Covers(reached, passed))
            {
                connection.GoLive(reached, Frames.Live);
                return;
            }
            // Another node answers, and has not heard yet of what was delivered here before the connection was attached.
            if (tries == MostTries)
            {
                throw new ChatException(ProblemCodes.Unavailable, "The messages are behind what was delivered.") { RetryAfter = TimeSpan.FromSeconds(1) };
            }
            await Task.Delay(Behind, time, token);
        }
    }

    private static bool Covers(long[] reached, long[] passed)
    {
        for (var shard = 0; shard < passed.Length; shard++)
        {
            if (reached[shard] < passed[shard])
            {
                return false;
            }
        }
        return true;
    }

    private async Task<string> SendPagesAsync(Connection connection, Caller caller, string? cursor, CancellationToken token)
    {
        while (true)
        {
            var page = await mediator.Send(new Sync(caller, cursor, PageEntries), token);
            connection.Send(Frames.Sync(page));
            cursor = page.Cursor;
            if (!page.More)
            {
                return cursor;
            }
            await connection.DrainAsync(token);
        }
    }
}
