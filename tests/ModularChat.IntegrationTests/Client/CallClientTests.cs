using ModularChat.Client;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Client;

/// <summary>Calls with the .NET client.</summary>
public sealed class CallClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_goes_from_its_ringing_to_its_entries()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "ben");
        await using var anna = ConnectTo(server.Url, users[0]);
        await using var ben = ConnectTo(server.Url, users[1]);
        await anna.ConnectAsync(Token);
        await ben.ConnectAsync(Token);
        var direct = await anna.Api.OpenDirectAsync(users[1].Id, Token);
        var (callId, annasLeg, bensLeg) = (Ids.New(), Ids.New(), Ids.New());
        await using var heard = ben.EventsAsync(Token).GetAsyncEnumerator(Token);

        (await anna.Api.StartCallAsync(direct.Id, callId, annasLeg, Token)).Call.State.ShouldBe(CallState.Ringing);
        (await NextAsync<CallChanged>()).Call.ShouldSatisfyAllConditions(call => call.Id.ShouldBe(callId), call => call.State.ShouldBe(CallState.Ringing));
        var answered = await ben.Api.AcceptCallAsync(callId, bensLeg, Token);
        answered.Ice.ShouldNotBeNull().RelayOnly.ShouldBeFalse();
        await anna.Api.SignalCallAsync(callId, annasLeg, new CallSignal(SignalKind.Offer, "v=0\r\ns=-\r\n"), Token);
        await anna.Api.SignalCallAsync(callId, annasLeg, new CallSignal(SignalKind.Candidates, Candidates: [new IceCandidate("candidate:1", SdpMLineIndex: 0)]), Token);
        (await NextAsync<CallSignalled>()).ShouldSatisfyAllConditions(told => told.LegId.ShouldBe(bensLeg), told => told.Told.Signal.Kind.ShouldBe(SignalKind.Offer));
        (await ben.Api.GetCallAsync(callId, 1, Token)).Signals.ShouldHaveSingleItem().Signal.Candidates.ShouldNotBeNull()[0].Candidate.ShouldBe("candidate:1");
        (await ben.Api.GetCallsAsync(Token)).ShouldHaveSingleItem().State.ShouldBe(CallState.Active);
        (await ben.Api.RenewCallAsync(callId, bensLeg, Token)).Version.ShouldBe(answered.Call.Version);
        (await ben.Api.GetIceAsync(callId, Token)).IceServers.ShouldBeEmpty();

        (await anna.Api.HangUpAsync(callId, annasLeg, token: Token)).Outcome.ShouldBe("ended");
        while ((await NextAsync<CallChanged>()).Call.State != CallState.Ended)
        {
        }
        var history = await ben.Api.GetHistoryAsync(direct.Id, token: Token);
        history.Entries.Where(entry => entry.Kind == EntryKind.Call).Select(entry => (entry.Body!.CallId, entry.Body.Event)).ShouldBe([(callId, "started"), (callId, "ended")]);

        var second = Ids.New();
        await anna.Api.StartCallAsync(direct.Id, second, annasLeg, Token);
        (await ben.Api.DeclineCallAsync(second, Token)).Outcome.ShouldBe("declined");

        async Task<TEvent> NextAsync<TEvent>() where TEvent : ChatEvent
        {
            while (await heard.MoveNextAsync())
            {
                if (heard.Current is TEvent wanted)
                {
                    return wanted;
                }
            }
            throw new InvalidOperationException("The events have ended.");
        }
    }

    private static ChatClient ConnectTo(Uri url, ChatUser user) => new(new ChatClientOptions { Url = url, Token = user.Token, Transport = Transport.WebSocket });
}
