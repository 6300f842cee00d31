using Microsoft.Extensions.Options;
using ModularChat.Contracts;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>Bounds the connections that have not said hello: they cost memory, and nobody has answered for them yet.</summary>
internal sealed class WaitingRoom(IOptions<GatewayOptions> options)
{
    private int _waiting;

    /// <summary>Takes a place; disposing it, any number of times, gives it back.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.Unavailable"/> when all are taken.</exception>
    public IDisposable Enter()
    {
        if (Interlocked.Increment(ref _waiting) > options.Value.WaitingForHello)
        {
            Interlocked.Decrement(ref _waiting);
            throw new ChatException(ProblemCodes.Unavailable, "Too many connections wait for their hello.") { RetryAfter = TimeSpan.FromSeconds(2) };
        }
        return new Place(this);
    }

    private sealed class Place(WaitingRoom room) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                Interlocked.Decrement(ref room._waiting);
            }
        }
    }
}
