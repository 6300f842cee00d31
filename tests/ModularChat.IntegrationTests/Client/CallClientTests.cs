using ModularChat.Client;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Client;

/// <summary>Calls and voice rooms with the .NET client.</summary>
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

        Task<TEvent> NextAsync<TEvent>() where TEvent : ChatEvent => CallClientTests.NextAsync<TEvent>(heard, _ => true);
    }

    [Fact]
    public async Task A_voice_room_goes_from_the_first_who_joins_to_the_one_who_is_put_out_of_the_group()
    {
        // Signs of life are so far apart that nobody is taken out by one.
        await using var server = await ChatServer.StartAsync(settings: ["Calls:RenewSeconds=60", "Calls:ReconnectSeconds=300", "Calls:TurnUrls=turn:127.0.0.1:9", "Calls:TurnSecret=a shared secret of tests"]);
        var users = await server.RegisterAsync("anna", "ben", "carl");
        await using var anna = ConnectTo(server.Url, users[0]);
        await using var ben = ConnectTo(server.Url, users[1]);
        await using var carl = ConnectTo(server.Url, users[2]);
        foreach (var client in new[] { anna, ben, carl })
        {
            await client.ConnectAsync(Token);
        }
        var (group, annasLeg, bensLeg) = (Ids.New(), Ids.New(), Ids.New());
        await anna.Api.CreateGroupAsync(group, "Talk", [users[1].Id, users[2].Id], token: Token);
        await using var heard = carl.EventsAsync(Token).GetAsyncEnumerator(Token);
        await using var bensHeard = ben.EventsAsync(Token).GetAsyncEnumerator(Token);
        (await carl.Api.GetRoomsAsync(Token)).ShouldBeEmpty();
        (await carl.Api.GetRoomAsync(group, token: Token)).Room.ShouldBeNull();

        var opened = await anna.Api.JoinRoomAsync(group, annasLeg, muted: true, token: Token);
        opened.Room.Mode.ShouldBe(RoomMode.Mesh);
        opened.Room.Participants.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            one => (one.UserId, one.LegId).ShouldBe((users[0].Id, annasLeg)), one => (one.Muted, one.Deafened, one.Speaking, one.Silenced).ShouldBe((true, false, false, false)));
        opened.Ice.ShouldNotBeNull().RelayOnly.ShouldBeTrue();
        (await anna.Api.GetRoomIceAsync(group, Token)).IceServers.ShouldHaveSingleItem().Username.ShouldEndWith($"{users[0].Id:N}.{opened.Room.Id:N}");
        (await ben.Api.JoinRoomAsync(group, bensLeg, token: Token)).Room.Participants.Select(one => one.LegId).ShouldBe([annasLeg, bensLeg]);

        // Who came later offers.
        await anna.Api.SignalRoomAsync(group, annasLeg, bensLeg, 1, new CallSignal(SignalKind.Restart), Token);
        await ben.Api.SignalRoomAsync(group, bensLeg, annasLeg, 1, new CallSignal(SignalKind.Offer, "v=0\r\ns=-\r\n"), Token);
        (await NextAsync<RoomSignalled>(bensHeard, _ => true)).ShouldSatisfyAllConditions(
            told => (told.ConversationId, told.LegId).ShouldBe((group, bensLeg)), told => (told.Told.Epoch, told.Told.From, told.Told.Signal.Kind).ShouldBe((1, annasLeg, SignalKind.Restart)));
        var signal = (await anna.Api.GetRoomAsync(group, annasLeg, token: Token)).Signals.ShouldHaveSingleItem();
        (signal.From, signal.Signal.Kind).ShouldBe((bensLeg, SignalKind.Offer));
        (await anna.Api.GetRoomAsync(group, annasLeg, signal.Number, Token)).Signals.ShouldBeEmpty();
        (await Should.ThrowAsync<ChatProblemException>(() => ben.Api.SignalRoomAsync(group, bensLeg, annasLeg, 2, new CallSignal(SignalKind.Restart), Token))).Problem.Code.ShouldBe("conflict");

        await anna.Api.RenewRoomAsync(group, annasLeg, muted: false, speaking: true, token: Token);
        (await ToldAsync(room => room.Participants is [{ Muted: false, Speaking: true }, ..])).Id.ShouldBe(opened.Room.Id);
        await anna.Api.SilenceAsync(group, users[1].Id, true, Token);
        await ToldAsync(room => room.Participants is [_, { Silenced: true }]);
        (await Should.ThrowAsync<ChatProblemException>(() => carl.Api.SilenceAsync(group, users[0].Id, true, Token))).Problem.Code.ShouldBe("forbidden");

        await anna.Api.RemoveMemberAsync(group, users[1].Id, token: Token);
        (await ToldAsync(room => room.Participants.Count == 1)).Participants[0].UserId.ShouldBe(users[0].Id);
        (await Should.ThrowAsync<ChatProblemException>(() => ben.Api.RenewRoomAsync(group, bensLeg, token: Token))).Problem.Code.ShouldBe("not_found");
        (await carl.Api.GetRoomsAsync(Token)).ShouldHaveSingleItem().Version.ShouldBeGreaterThan(opened.Room.Version);
        await anna.Api.LeaveRoomAsync(group, annasLeg, Token);
        (await ToldAsync(room => room.Participants.Count == 0)).EndedAt.ShouldNotBeNull();

        async Task<Room> ToldAsync(Func<Room, bool> isSo) => (await NextAsync<RoomChanged>(heard, changed => isSo(changed.Room))).Room;
    }

    private static async Task<TEvent> NextAsync<TEvent>(IAsyncEnumerator<ChatEvent> heard, Func<TEvent, bool> isWanted) where TEvent : ChatEvent
    {
        while (await heard.MoveNextAsync())
        {
            if (heard.Current is TEvent next && isWanted(next))
            {
                return next;
            }
        }
        throw new InvalidOperationException("The events have ended.");
    }

    private static ChatClient ConnectTo(Uri url, ChatUser user) => new(new ChatClientOptions { Url = url, Token = user.Token, Transport = Transport.WebSocket });
}
