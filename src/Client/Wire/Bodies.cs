namespace ModularChat.Client.Wire;

internal sealed record RegisterBody(string Name, string Password, string? DisplayName, string? Invite, string? SetupCode, DeviceDescription? Device);
internal sealed record LoginBody(string Name, string Password, DeviceDescription? Device);
internal sealed record ApplicationUserBody(string? Name, string? DisplayName);
internal sealed record ApplicationUserAnswer(User User);
internal sealed record ApplicationSessionBody(DeviceDescription? Device);
internal sealed record ApplicationSessionAnswer(Session Session);
internal sealed record GroupBody(string Title, IReadOnlyList<Guid> UserIds, string? History);
internal sealed record MembersBody(Guid? ClientMessageId, IReadOnlyList<Guid> UserIds);
internal sealed record ChangeBody(Guid? ClientMessageId, string? Title = null, string? History = null, string? Role = null, KeepRule? Keep = null);
internal sealed record MessageBody(Guid ClientMessageId, string? Text, long? ReplyTo);
internal sealed record MarksBody(long? Delivered, long? Read);
internal sealed record DraftBody(string Text, long? ReplyTo, Guid? ClientMessageId);
internal sealed record DraftAnswer(long Version);
internal sealed record UsersAnswer(IReadOnlyList<User> Users);
internal sealed record MeAnswer(User User, bool IsAdministrator, string? TimeZone);
internal sealed record ApplicationBody(string Name, IReadOnlyList<string> Scopes);
internal sealed record ApplicationAnswer(Guid Id, string Key);
internal sealed record PresenceBody(PresenceState? State, PresenceStatus? Status);
internal sealed record PresenceAnswer(IReadOnlyList<Presence> Users);
internal sealed record CallBody(Guid LegId, Guid? CallId = null, bool? Failed = null, CallSignal? Signal = null);
internal sealed record CallsAnswer(IReadOnlyList<Call> Calls);
internal sealed record RoomBody(
    Guid LegId, bool? Muted = null, bool? Deafened = null, bool? Speaking = null, Guid? To = null, long? Epoch = null, CallSignal? Signal = null);
internal sealed record SilenceBody(Guid UserId, bool Silenced);
internal sealed record RoomsAnswer(IReadOnlyList<Room> Rooms);
internal sealed record FriendsAnswer(IReadOnlyList<FriendBody> Friends);
internal sealed record FriendBody(User User, string State);
