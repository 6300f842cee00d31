using System.Globalization;
using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Presence;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>
/// Who polls is there: a poll is a connection for as long as it lasts, and may come back like any other. One that waits and whose client has
/// vanished without a word counts until its own timeout.
/// </summary>
internal sealed class PollPresence(RequestDelegate next, IMediator mediator, Node node, IOptions<GatewayOptions> options)
{
    private const string Transport = "poll", Endpoint = "sync";

    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == Endpoint && CallerOf(context) is { } caller
            ? PollAsync(context, caller)
            : next(context);

    private static Caller? CallerOf(HttpContext context)
    {
        if (context.User.Identity?.IsAuthenticated != true)
        {
            return null;
        }
        var caller = Caller.From(context.User);
        return caller.UserId != Guid.Empty && (caller.ApplicationId is null || caller.Scopes?.Contains(ApplicationScopes.Messages) == true) ? caller : null;
    }

    private async Task PollAsync(HttpContext context, Caller caller)
    {
        var id = Ids.New();
        var life = options.Value.OfflineAfterSeconds;
        await SayAsync(new KeepConnection(id, caller, Transport, node.Id, life + WaitOf(context.Request)), context.RequestAborted);
        try
        {
            await next(context);
        }
        finally
        {
            await SayAsync(new DropConnection(id, life), CancellationToken.None);
        }
    }

    /// <summary>Messages go on without presence.</summary>
    private async Task SayAsync(IRequest what, CancellationToken token)
    {
        try
        {
            await mediator.Send(what, token);
        }
        catch (ChatException e) when (e.Code.Retryable)
        {
            // Who asks for this user's presence meanwhile is refused as well.
        }
    }

    /// <summary>What is not allowed is refused by the endpoint, at once.</summary>
    private static int WaitOf(HttpRequest request) =>
        int.TryParse(request.Query["wait"], NumberStyles.None, CultureInfo.InvariantCulture, out var wait) && wait <= 900 ? wait : 0;
}
