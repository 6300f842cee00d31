using ModularChat.Calls.Calling;
using ModularChat.Calls.Rooms;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Storage;

/// <summary>When somebody has to look at a call or a room that is not over.</summary>
internal static class Dues
{
    /// <summary>How long a process that listens to a mixer counts as there.</summary>
    public const long OwnerFor = 8_000;

    private const long OwnerRenews = 3_000;

    public static long Of(Call call) => Math.Min(call.CallerLeg.Until, call.State == CallState.Ringing ? call.RingUntil : call.CalleeLeg!.Until);

    public static long Of(Room room) => Math.Min(room.Participants.Min(one => one.Until), room.Mixer is { } mixer ? OwnerDue(mixer) : long.MaxValue);

    /// <summary>When the process that listens to a mixer says that it is still there.</summary>
    public static long OwnerDue(MixerPlace mixer) => mixer.OwnerUntil - OwnerFor + OwnerRenews;
}
