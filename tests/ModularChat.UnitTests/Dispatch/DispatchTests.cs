using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.Host.Dispatch;

namespace ModularChat.UnitTests.Dispatch;

public sealed class DispatchTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_failing_event_handler_never_stops_the_others()
    {
        await using var services = Build(out var seen, out var log);

        await services.GetRequiredService<IMediator>().Publish(new Happened("x"), Cancel);

        // The scan finds the three in no order that matters: every one has run, whichever threw first.
        seen.Order(StringComparer.Ordinal).ShouldBe(["asynchronous", "quiet", "synchronous"]);
        log.Lines.Count(l => l.Level == LogLevel.Error).ShouldBe(2);
    }

    [Fact]
    public async Task A_handler_is_found_and_answers()
    {
        await using var services = Build(out _, out _);

        (await services.GetRequiredService<IMediator>().Send(new Ask("me"), Cancel)).ShouldBe("you said me");
    }

    [Fact]
    public async Task A_class_that_handles_two_things_is_registered_once_for_each()
    {
        await using var services = Build(out _, out _);

        services.GetServices<INotificationHandler<Happened>>().Count().ShouldBe(3);
        services.GetServices<IRequestHandler<Ask, string>>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_log_names_request_and_outcome_but_no_content()
    {
        await using var services = Build(out _, out var log);
        var mediator = services.GetRequiredService<IMediator>();

        await mediator.Send(new Ask("a secret"), Cancel);
        await Should.ThrowAsync<ChatException>(() => mediator.Send(new Ask("no secret"), Cancel));
        await Should.ThrowAsync<InvalidOperationException>(() => mediator.Send(new Ask("bug"), Cancel));

        log.Lines.Select(l => l.Text).ShouldBe(["Ask: done", "Ask: refused as forbidden", "Ask: failed with InvalidOperationException"]);
    }

    [Fact]
    public async Task Time_is_measured_by_request_and_outcome()
    {
        await using var services = Build(out _, out _);
        var telemetry = services.GetRequiredService<Telemetry>();
        var measured = new ConcurrentQueue<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (ReferenceEquals(instrument, telemetry.Duration))
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => measured.Enqueue(string.Join(' ', tags.ToArray().Select(t => t.Value))));
        listener.Start();
        var mediator = services.GetRequiredService<IMediator>();

        await mediator.Send(new Ask("me"), Cancel);
        await Should.ThrowAsync<ChatException>(() => mediator.Send(new Ask("no"), Cancel));

        measured.ShouldBe(["Ask done", "Ask forbidden"]);
    }

    [Fact]
    public async Task A_request_is_a_span_that_ends_with_its_outcome()
    {
        await using var services = Build(out _, out _);
        var source = services.GetRequiredService<Telemetry>().Activities;
        var spans = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => ReferenceEquals(s, source),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = a => spans.Enqueue($"{a.OperationName} {a.Status} {a.StatusDescription}"),
        };
        ActivitySource.AddActivityListener(listener);
        var mediator = services.GetRequiredService<IMediator>();

        await mediator.Send(new Ask("me"), Cancel);
        await Should.ThrowAsync<ChatException>(() => mediator.Send(new Ask("no"), Cancel));

        spans.ShouldBe(["Ask Unset ", "Ask Error forbidden"]);
    }

    private static ServiceProvider Build(out Seen seen, out LinesLogger log)
    {
        seen = [];
        var lines = log = new LinesLogger();
        return new ServiceCollection()
            .AddSingleton(seen)
            .AddSingleton(TimeProvider.System)
            .AddLogging(b => b.SetMinimumLevel(LogLevel.Debug).AddProvider(lines))
            .Also(s => s.AddDispatch(typeof(DispatchTests).Assembly))
            .BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }
}

internal sealed class Seen : ConcurrentQueue<string>
{
    public void Add(string name) => Enqueue(name);
}

internal sealed record Happened(string What) : INotification;

internal sealed record Ask(string Text) : IRequest<string>;

internal sealed class Synchronous(Seen seen) : INotificationHandler<Happened>
{
    public Task Handle(Happened notification, CancellationToken cancellationToken)
    {
        seen.Add("synchronous");
        throw new InvalidOperationException("before a task was made");
    }
}

internal sealed class Asynchronous(Seen seen) : INotificationHandler<Happened>
{
    public async Task Handle(Happened notification, CancellationToken cancellationToken)
    {
        seen.Add("asynchronous");
        await Task.Yield();
        throw new InvalidOperationException("inside the task");
    }
}

internal sealed class QuietAndAnswering(Seen seen) : INotificationHandler<Happened>, IRequestHandler<Ask, string>
{
    public Task Handle(Happened notification, CancellationToken cancellationToken)
    {
        seen.Add("quiet");
        return Task.CompletedTask;
    }

    public Task<string> Handle(Ask request, CancellationToken cancellationToken) => request.Text switch
    {
        "bug" => throw new InvalidOperationException("content"),
        ['n', 'o', ..] => throw new ChatException(ProblemCodes.Forbidden, "content"),
        _ => Task.FromResult($"you said {request.Text}"),
    };
}

internal static class ServiceCollectionChain
{
    public static IServiceCollection Also(this IServiceCollection services, Action<IServiceCollection> add)
    {
        add(services);
        return services;
    }
}

internal sealed class LinesLogger : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();

    public IReadOnlyList<(LogLevel Level, string Text)> Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
