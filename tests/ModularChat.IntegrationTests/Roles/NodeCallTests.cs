using System.Collections.Concurrent;
using System.Diagnostics;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;
using ModularChat.Host.Dispatch;

namespace ModularChat.IntegrationTests.Roles;

/// <summary>What happens to a request on its way to another node: time, cancellation, traces, and nodes that break off or are gone.</summary>
public sealed class NodeCallTests
{
    private static readonly TimeSpan Ample = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Changes nothing, so it may be asked twice.</summary>
    private static PingMessages Ping => new();

    /// <summary>Is not marked as one that may be asked twice.</summary>
    private static SignalTyping Typing => new(new Caller(Ids.New()), Ids.New());

    [Fact]
    public async Task A_node_that_breaks_off_in_the_middle_is_replaced_only_for_a_request_that_may_be_done_twice()
    {
        var asked = new ConcurrentQueue<string>();
        ScriptedNodes? nodes = null;
        await using var closing = nodes = await ScriptedNodes.StartAsync(2, (node, request, _) =>
        {
            asked.Enqueue(node);
            if (asked.Count == 1)
            {
                // It has come and may have been done; then the connection is gone.
                nodes!.LastRequest!.Abort();
            }
            return Task.FromResult<object>(request is PingMessages ? 7 : Unit.Value);
        });

        (await nodes.Calls.SendAsync<PingMessages, int>(Ping, Cancel)).ShouldBe(7);
        asked.Distinct().Count().ShouldBe(2, "the other node was asked");

        asked.Clear();
        var refusal = await Should.ThrowAsync<ChatException>(() => nodes.Calls.SendAsync<SignalTyping, Unit>(Typing, Cancel));
        refusal.Code.ShouldBe(ProblemCodes.Unavailable);
        refusal.Message.ShouldContain("whether it has done it is not known");
        refusal.RetryAfter.ShouldNotBeNull();
        asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_could_not_be_sent_goes_to_another_node_and_the_breaker_keeps_from_the_first_until_its_pause_is_over()
    {
        await using var nodes = await ScriptedNodes.StartAsync(1, (_, request, _) => Task.FromResult<object>(request is PingMessages ? 7 : Unit.Value));
        nodes.AddGhost();

        // Until the ghost was drawn once: nobody listens there, so it is given up at once, and nothing of this is seen outside.
        for (var i = 0; i < 64; i++)
        {
            await nodes.Calls.SendAsync<SignalTyping, Unit>(Typing, Cancel);
        }
        // The only other one goes; the ghost's pause is not over, so nobody can be asked.
        await nodes.StopAsync(0);
        (await Should.ThrowAsync<ChatException>(() => nodes.Calls.SendAsync<PingMessages, int>(Ping, Cancel))).Message.ShouldBe("No node with Messaging answers.");
        (await Should.ThrowAsync<ChatException>(() => nodes.Calls.SendAsync<PingMessages, int>(Ping, Cancel))).Message.ShouldBe("No node with Messaging can be asked now.");

        nodes.Time.Advance(TimeSpan.FromSeconds(9));
        // Each is tried again, one request at a time.
        (await Should.ThrowAsync<ChatException>(() => nodes.Calls.SendAsync<PingMessages, int>(Ping, Cancel))).Message.ShouldBe("No node with Messaging answers.");
    }

    [Fact]
    public async Task A_caller_that_goes_away_ends_it_there_too_and_says_nothing_against_the_node()
    {
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var nodes = await ScriptedNodes.StartAsync(1, async (_, request, token) =>
        {
            if (request is PingMessages)
            {
                return 7;
            }
            begun.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended.TrySetResult();
            return Unit.Value;
        });

        // Oftener than failures in a row would be allowed.
        for (var i = 0; i < 4; i++)
        {
            (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
            using var gone = new CancellationTokenSource();
            var typing = nodes.Calls.SendAsync<SignalTyping, Unit>(Typing, gone.Token);
            await begun.Task.WaitAsync(Ample, TimeProvider.System, Cancel);
            await gone.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => typing);
            await ended.Task.WaitAsync(Ample, TimeProvider.System, Cancel);
        }

        (await nodes.Calls.SendAsync<PingMessages, int>(Ping, Cancel)).ShouldBe(7);
    }

    [Fact]
    public async Task The_time_that_is_left_travels_along_and_when_it_is_over_nobody_waits_any_longer()
    {
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        var left = TimeSpan.Zero;
        ScriptedNodes? nodes = null;
        await using var closing = nodes = await ScriptedNodes.StartAsync(1, async (_, request, token) =>
        {
            left = nodes!.LeftAtLast();
            if (request is PingMessages)
            {
                return 7;
            }
            begun.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended.TrySetResult();
            return Unit.Value;
        });

        await nodes.Calls.SendAsync<PingMessages, int>(Ping, Cancel);
        left.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), "Cluster:RequestSeconds");
        nodes.Deadline.Begin(TimeSpan.FromSeconds(4));
        nodes.Time.Advance(TimeSpan.FromSeconds(1));
        await nodes.Calls.SendAsync<PingMessages, int>(Ping, Cancel);
        left.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(3), "what whoever began it all waits for");

        var typing = nodes.Calls.SendAsync<SignalTyping, Unit>(Typing, Cancel);
        await begun.Task.WaitAsync(Ample, TimeProvider.System, Cancel);
        nodes.Time.Advance(TimeSpan.FromSeconds(3));

        (await Should.ThrowAsync<ChatException>(() => typing)).Code.ShouldBe(ProblemCodes.Unavailable);
        await ended.Task.WaitAsync(Ample, TimeProvider.System, Cancel);
    }

    [Fact]
    public async Task A_trace_goes_on_in_the_other_node()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        Activity? there = null;
        await using var nodes = await ScriptedNodes.StartAsync(1, (_, _, _) =>
        {
            there = Activity.Current;
            return Task.FromResult<object>(7);
        });

        using var here = nodes.Telemetry.Activities.StartActivity("asks").ShouldNotBeNull();
        await nodes.Calls.SendAsync<PingMessages, int>(Ping, Cancel);

        there.ShouldNotBeNull();
        there.TraceId.ShouldBe(here.TraceId);
        there.ParentSpanId.ShouldBe(here.SpanId);
        there.OperationName.ShouldBe("node request");
    }
}
