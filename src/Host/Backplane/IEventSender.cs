using ModularChat.Contracts;

namespace ModularChat.Host.Backplane;

/// <summary>Where the mediator hands on what other nodes hear too.</summary>
internal interface IEventSender
{
    /// <summary>Sends to all other nodes, or drops; never waits, never throws.</summary>
    void Send(IClusterEvent happened);
}

/// <summary>Knows of some event that nobody elsewhere has use for it.</summary>
internal interface IStaysHere
{
    /// <summary>True when this one need not travel.</summary>
    bool StaysHere(IClusterEvent happened);
}

/// <summary>Where there is no other node.</summary>
internal sealed class NobodyElse : IEventSender
{
    public void Send(IClusterEvent happened)
    {
    }
}
