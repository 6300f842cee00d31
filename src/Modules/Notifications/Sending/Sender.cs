using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Deciding;
using ModularChat.Notifications.Providers;

namespace ModularChat.Notifications.Sending;

/// <summary>A push that can be sent, or what became of it before that.</summary>
internal sealed record PreparedPush(ClaimedPush Push, PushMessage? Message, Outcome? Early);

/// <summary>One attempt at one push, from the reference to what is made of the answer.</summary>
internal sealed partial class Sender(
    Composer composer, IEnumerable<IPushProvider> providers, PushMetrics metrics, IOptions<NotificationsOptions> options, TimeProvider time, ILogger<Sender> logger)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5), LongestRetry = TimeSpan.FromHours(1);

    private readonly Dictionary<PushKind, IPushProvider> _providers = providers.SelectMany(provider => provider.Kinds.Select(kind => (kind, provider))).ToDictionary(pair => pair.kind, pair => pair.provider);

    /// <summary>Makes what is sent of references; one for each, in their order.</summary>
    public async Task<PreparedPush[]> PrepareAsync(IReadOnlyList<ClaimedPush> pushes, CancellationToken token)
    {
        var now = time.GetUtcNow();
        var prepared = pushes.Select(push => new PreparedPush(
            push,
            null,
            push.Device is null || !_providers.ContainsKey(push.Device.Kind) ? new Outcome(push, PushStep.Suppressed, Reasons.Gone)
                : push.Row.ExpiresAt <= now ? new Outcome(push, PushStep.Expired, push.Row.LastAnswer)
                : null)).ToArray();
        int[] open = [.. Enumerable.Range(0, prepared.Length).Where(i => prepared[i].Early is null)];
        try
        {
            var composed = open.Length == 0 ? [] : await composer.ComposeAsync([.. open.Select(i => pushes[i].Row)], token);
            for (var i = 0; i < open.Length; i++)
            {
                var (push, made) = (pushes[open[i]], composed[i]);
                prepared[open[i]] = new PreparedPush(push, made.Message, made.Message is null ? new Outcome(push, PushStep.Suppressed, made.Suppressed) : null);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            foreach (var i in open)
            {
                // It may be one of them only.
                prepared[i] = open.Length > 1 ? (await PrepareAsync([pushes[i]], token))[0]
                    // Our own stores: that is not the service's fault, and no attempt.
                    : new PreparedPush(pushes[i], null, new Outcome(pushes[i], null, null, now + Jitter(FirstRetry), IsCounted: false));
            }
            if (open.Length == 1)
            {
                Log.NotComposed(logger, e, pushes[open[0]].Row.Id);
            }
        }
        return prepared;
    }

    /// <summary>Sends it unless its service is left alone just now, or nothing has to be sent.</summary>
    public Task<Outcome> SendAsync(PreparedPush prepared, Service service, CancellationToken token)
    {
        var push = prepared.Push;
        var outcome = prepared.Early
            ?? (service.ClosedUntil is { } until ? new Outcome(push, null, null, until + Jitter(TimeSpan.FromSeconds(1)), IsCounted: false) : null);
        if (outcome is null)
        {
            return TryAsync(push, prepared.Message!, service, token);
        }
        service.End();
        return Task.FromResult(outcome);
    }

    private async Task<Outcome> TryAsync(ClaimedPush push, PushMessage message, Service service, CancellationToken token)
    {
        var kind = push.Device!.Kind;
        var begun = time.GetTimestamp();
        PushAnswer answer;
        try
        {
            answer = await _providers[kind].SendAsync(push.Device, message, token);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            service.End();
            throw;
        }
        catch (Exception e)
        {
            // What is wrong with this push must not stop the others.
            Log.Failed(logger, e, push.Row.Id);
            answer = new PushAnswer(AnswerKind.Refused, "cannot be sent");
        }
        service.End(answer);
        metrics.Tried(kind, answer.Kind, time.GetElapsedTime(begun));
        return Judge(push, answer);
    }

    private Outcome Judge(ClaimedPush push, PushAnswer answer)
    {
        switch (answer.Kind)
        {
            case AnswerKind.Taken:
                return new Outcome(push, PushStep.Sent, answer.Text);
            case AnswerKind.Gone:
                return new Outcome(push, PushStep.Gone, answer.Text);
            case AnswerKind.Refused:
                return new Outcome(push, PushStep.Dead, answer.Text);
            default:
                var wait = answer.RetryAfter is { } after ? after + Jitter(TimeSpan.FromSeconds(1)) : Backoff(push.Row.Attempts);
                var at = time.GetUtcNow() + wait;
                var isFailure = answer.Kind == AnswerKind.Failed;
                return at >= push.Row.ExpiresAt ? new Outcome(push, PushStep.Expired, answer.Text)
                    // To be asked to wait is no failure of the push.
                    : push.Row.Attempts >= options.Value.MaxAttempts && isFailure ? new Outcome(push, PushStep.Dead, answer.Text)
                    : new Outcome(push, PushStep.Tried, string.Create(CultureInfo.InvariantCulture, $"{answer.Text}, again in {wait.TotalSeconds:0} s"), at, isFailure);
        }
    }

    /// <summary>Doubling, and somewhere in the upper half of it: pushes that failed together do not come back together.</summary>
    private static TimeSpan Backoff(int attempts)
    {
        var full = FirstRetry * Math.Pow(2, Math.Min(attempts - 1, 20));
        full = full < LongestRetry ? full : LongestRetry;
        return (full / 2) + Jitter(full / 2);
    }

    private static TimeSpan Jitter(TimeSpan most) => most * Random.Shared.NextDouble();

    private static partial class Log
    {
        [LoggerMessage(7020, LogLevel.Warning, "The push {Id} could not be made now; it is tried again")]
        public static partial void NotComposed(ILogger logger, Exception e, Guid id);

        [LoggerMessage(7021, LogLevel.Error, "The push {Id} cannot be sent")]
        public static partial void Failed(ILogger logger, Exception e, Guid id);
    }
}
