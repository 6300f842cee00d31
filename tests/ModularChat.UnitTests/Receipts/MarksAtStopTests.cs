using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModularChat.Contracts.Messaging;
using ModularChat.UnitTests.Messaging;

namespace ModularChat.UnitTests.Receipts;

public sealed class MarksAtStopTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mark_that_waits_when_the_server_stops_is_answered_and_kept()
    {
        var chat = await Chat.StartAsync();
        var (ann, bo) = (chat.People.Add("ann"), chat.People.Add("bo"));
        var direct = await chat.DirectAsync(ann, bo);
        var first = await chat.SendAsync(ann, direct);
        var second = await chat.SendAsync(ann, direct);
        await chat.Mediator.Send(new AdvanceMarks(Chat.As(bo), direct, null, first.Seq), Token);
        // Time stands still, so the second that has begun never ends by itself.
        var late = chat.Mediator.Send(new AdvanceMarks(Chat.As(bo), direct, null, second.Seq), Token);
        late.IsCompleted.ShouldBeFalse();

        foreach (var hosted in chat.Services.GetServices<IHostedService>().OfType<IHostedLifecycleService>())
        {
            await hosted.StoppingAsync(Token);
        }
        (await late).Read.ShouldBe(second.Seq);

        await using var again = await Chat.OpenAsync(await chat.CloseAsync());
        (await again.SeeAsync(bo, direct)).Me.Read.ShouldBe(second.Seq);
    }
}
