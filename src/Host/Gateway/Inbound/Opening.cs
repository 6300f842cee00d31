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
    IMediator mediator, ConnectionTable table, IOptions<GatewayOptions> options, Limits limits)
{
    private const int PageEntries = 500;
    private static readonly string Version =
        typeof(Opening).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    /// <summary>Brings the device from its cursor to live.</summary>
    public async Task GoLiveAsync(Connection connection, string? cursor, CancellationToken token)
    {
        var caller = connection.Caller!;
        connection.Send(Frames.Hello(connection, caller, Version, options.Value, limits.Values));
        cursor = await SendPagesAsync(connection, caller, cursor, token);
        table.Attach(connection);
        cursor = await SendPagesAsync(connection, caller, cursor, token);
        connection.GoLive(await mediator.Send(new ReadCursor(cursor), token), Frames.Live);
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
