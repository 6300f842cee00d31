using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Notifications;

namespace ModularChat.Notifications.Tracing;

/// <summary>Lets a user see whether the way to the own devices is open; not so often that a push service takes offence.</summary>
internal sealed class TestPushHandler(TestPush test, TimeProvider time) : IRequestHandler<SendTestPush, TestedPush[]>
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5), Wait = TimeSpan.FromSeconds(10);

    public async Task<TestedPush[]> Handle(SendTestPush request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Users);
        if (await test.WasSentAsync(request.Caller.UserId, time.GetUtcNow() - Between, cancellationToken))
        {
            throw new ChatException(ProblemCodes.RateLimited, "A test may be sent every few seconds.") { RetryAfter = Between };
        }
        var tested = await test.RunAsync(request.Caller.UserId, Wait, cancellationToken);
        return [.. tested.Select(one => new TestedPush(one.Device.Id, one.Step, one.Detail))];
    }
}
