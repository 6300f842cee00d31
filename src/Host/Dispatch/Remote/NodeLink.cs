using System.Diagnostics;
using System.Net;
using ModularChat.Contracts.Discovery;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>The way to one process on another node: greets it when it is first asked, signs what is said, and checks what is answered.</summary>
internal sealed partial class NodeLink(NodeAddress node, NodeHttp http, Greeter greeter, TimeProvider time, ILogger<NodeLink> logger)
{
    public const string SessionHeader = "mc-session", NumberHeader = "mc-number", DeadlineHeader = "mc-deadline-ms", BodyHeader = "mc-body", MacHeader = "mc-mac", TraceHeader = "traceparent";

    private static readonly TimeSpan GreetingTime = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private Task<Session>? _greeting;
    private volatile Session? _session;
    private int _inFlight;

    /// <summary>As it is known last.</summary>
    public NodeAddress Node { get; set; } = node;

    public Breaker Breaker { get; } = new(time);

    /// <summary>How much it has to do: what is asked from here, the more the busier it says it is.</summary>
    public double Load => (Volatile.Read(ref _inFlight) + 1) * (1 + Node.Cpu + (Node.Queue / 1_000d));

    /// <summary>Asks it.</summary>
    /// <exception cref="NodeAwayException">It could not be asked, or has not answered.</exception>
    public async Task<Answer> AskAsync(string path, byte[] body, TimeSpan within, CancellationToken token)
    {
        if (within <= TimeSpan.Zero)
        {
            throw new NodeAwayException("The time is over.", wasSent: false, isGone: false);
        }
        Interlocked.Increment(ref _inFlight);
        Breaker.Enter();
        using var limit = new CancellationTokenSource(within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token, limit.Token);
        var began = time.GetTimestamp();
        try
        {
            var answer = await TwiceAsync(path, body, () => within - time.GetElapsedTime(began), either.Token);
            if (Breaker.Succeed())
            {
                Log.Back(logger, Node.Id);
            }
            return answer;
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            Breaker.Leave();
            throw;
        }
        catch (OperationCanceledException e)
        {
            Fail(atOnce: false, "it has not answered in time");
            throw new NodeAwayException("It has not answered in time.", wasSent: true, isGone: false, e);
        }
        catch (NodeAwayException e)
        {
            Fail(e.IsGone, e.Message);
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    /// <summary>A process that does not know the session has not looked at the request: it is greeted anew, and asked again.</summary>
    private async Task<Answer> TwiceAsync(string path, byte[] body, Func<TimeSpan> left, CancellationToken token)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            var session = _session ?? await GreetAsync(token);
            if (await AskAsync(session, path, body, left(), token) is { } answer)
            {
                return answer;
            }
            Interlocked.CompareExchange(ref _session, null, session);
            if (!isFirst)
            {
                throw new NodeAwayException("It refuses its own session.", wasSent: false, isGone: false);
            }
        }
    }

    /// <summary>One greeting for all who wait for it, which goes on when one of them has gone.</summary>
    private Task<Session> GreetAsync(CancellationToken token)
    {
        lock (_gate)
        {
            if (_greeting is null or { IsCompleted: true })
            {
                _greeting = GreetAsync();
            }
            return _greeting.WaitAsync(token);
        }
    }

    private async Task<Session> GreetAsync()
    {
        using var limit = new CancellationTokenSource(GreetingTime, time);
        try
        {
            return _session = await greeter.GreetAsync(Node, limit.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new NodeAwayException("it has not answered the greeting.", wasSent: false, isGone: true, e);
        }
    }

    /// <summary>Null when the session is not known there.</summary>
    private async Task<Answer?> AskAsync(Session session, string path, byte[] body, TimeSpan left, CancellationToken token)
    {
        path = "/internal/" + path;
        var number = session.Next();
        var deadline = $"{(long)Math.Max(1, left.TotalMilliseconds)}";
        var trace = Activity.Current?.Id ?? "";
        var bodyHash = Proofs.HashOf(body);
        using var request = new HttpRequestMessage(HttpMethod.Post, Node.Url.TrimEnd('/') + path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Content = new ByteArrayContent(body);
        request.Headers.Add(SessionHeader, session.Id);
        request.Headers.Add(NumberHeader, $"{number}");
        request.Headers.Add(DeadlineHeader, deadline);
        request.Headers.Add(BodyHeader, bodyHash);
        request.Headers.Add(MacHeader, session.MacOfRequest(path, number, deadline, trace, bodyHash));
        if (trace.Length > 0)
        {
            request.Headers.Add(TraceHeader, trace);
        }
        var (response, answer) = await http.SendAsync(request, token);
        using (response)
        {
            var status = (int)response.StatusCode;
            var mac = response.Headers.TryGetValues(MacHeader, out var values) ? values.First() : "";
            if (Proofs.AreEqual(mac, session.MacOfAnswer(number, status, Proofs.HashOf(answer))))
            {
                return new Answer(status, answer);
            }
            return response.StatusCode == HttpStatusCode.Unauthorized ? null
                : throw new NodeAwayException("Its answer is not signed by the cluster's secret.", wasSent: true, isGone: false);
        }
    }

    private void Fail(bool atOnce, string reason)
    {
        if (Breaker.Fail(atOnce))
        {
            Log.GivenUp(logger, Node.Id, Node.Url, reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1210, LogLevel.Warning, "Node {Node} at {Url} is not asked for a while: {Reason}")]
        public static partial void GivenUp(ILogger logger, string node, string url, string reason);

        [LoggerMessage(1211, LogLevel.Information, "Node {Node} answers again")]
        public static partial void Back(ILogger logger, string node);
    }
}
