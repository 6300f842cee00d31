using ModularChat.Client.Wire;

namespace ModularChat.Client;

public sealed partial class ChatApi
{
    /// <summary>The presence of up to 200 users (the server's limit maxPresencePush).</summary>
    public async Task<IReadOnlyList<Presence>> GetPresenceAsync(IEnumerable<Guid> userIds, CancellationToken token = default) =>
        (await SendAsync(HttpMethod.Get, $"presence?userIds={string.Join(',', userIds)}", ClientJson.Default.PresenceAnswer, token)).Users;

    /// <summary>One's own presence.</summary>
    public Task<Presence> GetOwnPresenceAsync(CancellationToken token = default) => SendAsync(HttpMethod.Get, "me/presence", ClientJson.Default.Presence, token);

    /// <summary>Sets what others see: online (automatic), away, dnd or invisible, and the status. What is null stays.</summary>
    public Task<Presence> SetPresenceAsync(PresenceState? state = null, PresenceStatus? status = null, CancellationToken token = default) =>
        SendAsync(HttpMethod.Put, "me/presence", new PresenceBody(state, status), ClientJson.Default.PresenceBody, ClientJson.Default.Presence, token);

    /// <summary>The caller's friends, without open requests.</summary>
    public async Task<IReadOnlyList<User>> GetFriendsAsync(CancellationToken token = default) =>
        [.. (await SendAsync(HttpMethod.Get, "friends", ClientJson.Default.FriendsAnswer, token)).Friends.Where(one => one.State == "friend").Select(one => one.User)];
}
