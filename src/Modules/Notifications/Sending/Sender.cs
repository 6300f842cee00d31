using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Clearing;
using ModularChat.Notifications.Deciding;
using ModularChat.Notifications.Providers;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Sending;

/// <summary>One attempt at one push, from the reference to what is made of the answer.</summary>
internal sealed partial class Sender(
    Composer composer, IEnumerable<IPushProvider> providers, ToldDevices told, PushMetrics metrics, IOptions<NotificationsOptions> options, TimeProvider time, ILogger<Sender> logger)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5), LongestRetry = TimeSpan.FromHours(1);

    private readonly Dictionary<PushKind, IPushProvider> _providers = providers.SelectMany(provider => provider.Kinds.Select(kind => (kind, provider))).ToDictionary(pair => pair.kind, pair => pair.provider);

    /// <summary>Sends it unless its service is left alone just now, or nothing has to be sent.</summary>
    public async Task<Outcome> SendAsync(ClaimedPush push, Service service, CancellationToken token)
    {
        var now = time.GetUtcNow();
        if (service.ClosedUntil is { } until)
        {
            service.End();
            return new Outcome(push, null, null, until + Jitter(TimeSpan.FromSeconds(1)), IsCounted: false);
        }
        if (await PrepareAsync(push, now, service, token) is { } early)
        {
            return early.Outcome ?? await TryAsync(push, early.Message!, service, token);
        }
        service.End();
        return new Outcome(push, PushStep.Suppressed, Reasons.Gone);
    }

    private sealed record Prepared(PushMessage? Message, Outcome? Outcome);

    private async Task<Prepared?> PrepareAsync(ClaimedPush push, DateTimeOffset now, Service service, CancellationToken token)
    {
        if (push.Device is null || !_providers.ContainsKey(push.Device.Kind))
        {
            return null;
        }
        if (push.Row.ExpiresAt <= now)
        {
            service.End();
            return new Prepared(null, new Outcome(push, PushStep.Expired, push.Row.LastAnswer));
        }
        try
        {
            var composed = await composer.ComposeAsync(push.Row, token);
            if (composed.Message is not null)
            {
                return new Prepared(composed.Message, null);
            }
            service.End();
            return new Prepared(null, new Outcome(push, PushStep.Suppressed, composed.Suppressed));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Our own stores: that is not the service's fault, and no attempt.
            service.End();
            Log.NotComposed(logger, e, push.Row.Id);
            return new Prepared(null, new Outcome(push, null, null, now + Jitter(FirstRetry), IsCounted: false));
        }
    }

    private async Task<Outcome> TryAsync(ClaimedPush push, PushMessage message, Service service, CancellationToken token)
    {
        var kind = push.Device!.Kind;
        var begun = time.GetTimestamp();
        PushAnswer? answer = null;
        var isShown = push.Row.Subject == PushSubject.Message;
        if (isShown)
        {
            told.Begin(push.Row);
        }
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
        finally
        {
            if (isShown)
            {
                told.End(push.Row, answer?.Kind == AnswerKind.Taken);
            }
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
