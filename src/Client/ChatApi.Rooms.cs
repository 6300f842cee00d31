using System.Globalization;
using ModularChat.Client.Wire;

namespace ModularChat.Client;

public sealed partial class ChatApi
{
    /// <summary>Goes into the voice room of a group; the first who comes opens it. Safe to repeat with the same end. Whoever is in with another end is out with that.</summary>
    /// <param name="conversationId">The group.</param>
    /// <param name="legId">A new id for this end.</param>
    /// <param name="muted">Whether the microphone is off.</param>
    /// <param name="deafened">Whether nothing is played.</param>
    /// <param name="token">Gives up.</param>
    public Task<RoomAnswer> JoinRoomAsync(Guid conversationId, Guid legId, bool muted = false, bool deafened = false, CancellationToken token = default) =>
        SendAsync(HttpMethod.Post, $"conversations/{conversationId}/room/join", new RoomBody(legId, muted, deafened), ClientJson.Default.RoomBody, ClientJson.Default.RoomAnswer, token);

    /// <summary>Leaves it; the last who does ends it.</summary>
    public async Task LeaveRoomAsync(Guid conversationId, Guid legId, CancellationToken token = default) =>
        (await ExchangeAsync(HttpMethod.Post, $"conversations/{conversationId}/room/leave", new RoomBody(legId), ClientJson.Default.RoomBody, TimeSpan.Zero, token)).Dispose();

    /// <summary>
    /// Says that this end is still there, every renewSeconds (a limit of the server), and at once what has changed: <c>not_found</c> says that it is out, and may join again.
    /// </summary>
    /// <param name="conversationId">The group.</param>
    /// <param name="legId">The end.</param>
    /// <param name="muted">Whether the microphone is off; null: as before.</param>
    /// <param name="deafened">Whether nothing is played; null: as before.</param>
    /// <param name="speaking">Whether somebody speaks here, told at most each half second; null: as before.</param>
    /// <param name="token">Gives up.</param>
    public Task<Room> RenewRoomAsync(Guid conversationId, Guid legId, bool? muted = null, bool? deafened = null, bool? speaking = null, CancellationToken token = default) =>
        SendAsync(
            HttpMethod.Post, $"conversations/{conversationId}/room/renew", new RoomBody(legId, muted, deafened, speaking), ClientJson.Default.RoomBody, ClientJson.Default.Room, token);

    /// <summary>Tells another end, or the mixer, something.</summary>
    /// <param name="conversationId">The group.</param>
    /// <param name="legId">The end that tells it.</param>
    /// <param name="to">The end that it is for; null: the mixer.</param>
    /// <param name="epoch">The room's epoch; <c>conflict</c> says that there is a newer one.</param>
    /// <param name="signal">What.</param>
    /// <param name="token">Gives up.</param>
    public async Task SignalRoomAsync(Guid conversationId, Guid legId, Guid? to, long epoch, CallSignal signal, CancellationToken token = default) =>
        (await ExchangeAsync(
            HttpMethod.Post, $"conversations/{conversationId}/room/signal", new RoomBody(legId, To: to, Epoch: epoch, Signal: signal), ClientJson.Default.RoomBody, TimeSpan.Zero, token)).Dispose();

    /// <summary>Administrator of the group: takes the word from somebody in the room, or gives it back.</summary>
    public Task<Room> SilenceAsync(Guid conversationId, Guid userId, bool silenced, CancellationToken token = default) =>
        SendAsync(HttpMethod.Post, $"conversations/{conversationId}/room/silence", new SilenceBody(userId, silenced), ClientJson.Default.SilenceBody, ClientJson.Default.Room, token);

    /// <summary>The room of a group: who is in, and who speaks; with an end of one's own in it also what that was told after a number.</summary>
    public Task<RoomView> GetRoomAsync(Guid conversationId, Guid? legId = null, long after = 0, CancellationToken token = default) =>
        SendAsync(
            HttpMethod.Get, $"conversations/{conversationId}/room" + (legId is { } leg ? string.Create(CultureInfo.InvariantCulture, $"?legId={leg}&after={after}") : ""),
            ClientJson.Default.RoomView, token);

    /// <summary>The rooms of one's groups that somebody is in.</summary>
    public async Task<IReadOnlyList<Room>> GetRoomsAsync(CancellationToken token = default) => (await SendAsync(HttpMethod.Get, "rooms", ClientJson.Default.RoomsAnswer, token)).Rooms;

    /// <summary>New credentials of the relay, for one who is in the room.</summary>
    public Task<IceInfo> GetRoomIceAsync(Guid conversationId, CancellationToken token = default) =>
        SendAsync(HttpMethod.Get, $"conversations/{conversationId}/room/ice", ClientJson.Default.IceInfo, token);
}
