using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MediatR;
using Microsoft.AspNetCore.Http.Features;
using ModularChat.Contracts;
using ModularChat.Host.Roles;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>Answers other nodes. Whoever has not proved that it is one learns nothing, not even which paths there are.</summary>
internal sealed partial class InternalEndpoint(
    Welcomer welcomer, Sessions sessions, RemoteRequests requests, OnceHandlers once, LoadedModules loaded, IServiceProvider services, IMediator mediator, Deadline deadline, Telemetry telemetry, TimeProvider time,
    ILogger<InternalEndpoint> logger)
{
    private const string RequestPath = "/internal/request/", EventPath = "/internal/event/";

    public async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path == Greeter.Path && HttpMethods.IsPost(context.Request.Method))
        {
            await welcomer.HandleAsync(context);
            return;
        }
        var headers = context.Request.Headers;
        var path = context.Request.Path.Value ?? "";
        var bodyHash = headers[NodeLink.BodyHeader].ToString();
        if (!long.TryParse(headers[NodeLink.NumberHeader], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !long.TryParse(headers[NodeLink.DeadlineHeader], NumberStyles.None, CultureInfo.InvariantCulture, out var left)
            || sessions.Find(headers[NodeLink.SessionHeader].ToString()) is not { } session
            || !Proofs.AreEqual(
                headers[NodeLink.MacHeader].ToString(),
                session.MacOfRequest(path, number, headers[NodeLink.DeadlineHeader].ToString(), headers[NodeLink.TraceHeader].ToString(), bodyHash))
            || !session.Take(number))
        {
            welcomer.Refuse(context);
            return;
        }
        if (await ReadAsync(context, bodyHash) is not { } body)
        {
            welcomer.Refuse(context);
            return;
        }
        var answer = await AnswerAsync(context, path, body, TimeSpan.FromMilliseconds(Math.Min(left, int.MaxValue)), session);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentLength = answer.Body.Length;
        context.Response.Headers[NodeLink.MacHeader] = session.MacOfAnswer(number, answer.Status, Proofs.HashOf(answer.Body));
        await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    /// <summary>The body; null when it is not the one that was signed.</summary>
    private static async Task<byte[]?> ReadAsync(HttpContext context, string hash)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = NodeHttp.MostBytes;
        }
        using var body = new MemoryStream((int)Math.Min(context.Request.ContentLength ?? 0, NodeHttp.MostBytes));
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var read = body.ToArray();
        return Proofs.AreEqual(Proofs.HashOf(read), hash) ? read : null;
    }

    private async Task<Answer> AnswerAsync(HttpContext context, string path, byte[] body, TimeSpan left, Session session)
    {
        using var span = telemetry.Activities.StartActivity(
            "node request", ActivityKind.Server, ActivityContext.TryParse(context.Request.Headers[NodeLink.TraceHeader], null, out var parent) ? parent : default);
        using var limit = new CancellationTokenSource(left, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        deadline.Begin(left);
        try
        {
            var answer = await AnswerAsync(path, body, session, either.Token);
            return answer.Length <= NodeHttp.MostBytes ? new Answer(Answer.Done, answer) : throw new InvalidOperationException($"The answer has {answer.Length} bytes, more than a node takes.");
        }
        catch (ChatException refusal)
        {
            return Refused(refusal);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return Refused(new ChatException(ProblemCodes.Unavailable, "The time for the request is over.") { RetryAfter = TimeSpan.FromSeconds(1) });
        }
        catch (Exception e)
        {
            Log.Failed(logger, e, path, session.Node);
            return new Answer(Answer.Failed, "{}"u8.ToArray());
        }
    }

    private async Task<byte[]> AnswerAsync(string path, byte[] body, Session session, CancellationToken token)
    {
        if (path.StartsWith(EventPath, StringComparison.Ordinal) && once.Find(path[EventPath.Length..]) is { } handler && loaded.Loads(handler.Module))
        {
            await handler.RunAsync(services, body, token);
            return "{}"u8.ToArray();
        }
        var found = path.StartsWith(RequestPath, StringComparison.Ordinal) ? requests.Find(path[RequestPath.Length..]) : null;
        if (found is null || !loaded.Loads(found.Module))
        {
            Log.NotKnown(logger, session.Node, path);
            throw new ChatException(ProblemCodes.Unavailable, "The node that was asked does not know the request: it is of another version, or has other roles.");
        }
        return await found.AnswerAsync(mediator, body, token);
    }

    private static Answer Refused(ChatException refusal) => new(Answer.Refused, JsonSerializer.SerializeToUtf8Bytes(Refusal.Of(refusal), WireJson.Options));

    private static partial class Log
    {
        [LoggerMessage(1230, LogLevel.Error, "{Path} of node {Node} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string path, string node);

        [LoggerMessage(1231, LogLevel.Warning, "Node {Node} asks for {Path}, which this one has not: it is of another version, or has other roles than the registry says")]
        public static partial void NotKnown(ILogger logger, string node, string path);
    }
}
