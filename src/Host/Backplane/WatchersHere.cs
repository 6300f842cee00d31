using ModularChat.Contracts;
using ModularChat.Contracts.Presence;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.Host.Backplane;

/// <summary>Where presence runs beside the gateway, those who watch are connected here, and what they are sent need not travel.</summary>
internal sealed class WatchersHere(ConnectionTable table) : IStaysHere
{
    public bool StaysHere(IClusterEvent happened) =>
        happened is PresenceMoved moved && Array.TrueForAll(moved.Pushes, push => Array.TrueForAll(push.ConnectionIds, id => table.Find(id) is not null));
}
