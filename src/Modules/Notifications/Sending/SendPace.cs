using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Notifications.Sending;

/// <summary>
/// Pushes can wait a moment, and messages cannot: while messages are sent on this node, the making of pushes takes only a share of the processors, and begins nothing while one is on
/// its way into the log. What it takes is measured by the clock, so that it slows down by itself on a machine that has other things to do. As long as nobody sends, nothing holds it back.
/// </summary>
internal sealed class SendPace(IOptions<NotificationsOptions> options, TimeProvider time)
{
    /// <summary>So many pushes are made in one go: what a message may have to wait for.</summary>
    public const int Together = 8;

    /// <summary>A call does not wait for longer.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2), Moment = TimeSpan.FromMilliseconds(2);

    /// <summary>Where there is always some message on its way, pushes go on all the same.</summary>
    private const int MostMoments = 3;

    private readonly double _share = options.Value.SharePercent / 100.0 * Environment.ProcessorCount;
    private long _message, _owed;
    private int _onTheWay;

    /// <summary>Messages are being sent, and their senders wait for it.</summary>
    public bool IsShared => _share < 1 && Volatile.Read(ref _message) is var at && at != 0 && time.GetElapsedTime(at) < Quiet;

    /// <summary>A message is on its way into the log; after each a call of <see cref="MessageEnds"/>.</summary>
    public void MessageBegins()
    {
        Volatile.Write(ref _message, time.GetTimestamp());
        Interlocked.Increment(ref _onTheWay);
    }

    public void MessageEnds() => Interlocked.Decrement(ref _onTheWay);

    /// <summary>So long pushes were worked on: the next rest is that much longer.</summary>
    public void Worked(TimeSpan took) => Interlocked.Add(ref _owed, took.Ticks);

    /// <summary>Lets messages go first that are on their way.</summary>
    public async ValueTask GiveWayAsync(CancellationToken token)
    {
        for (var i = 0; i < MostMoments && Volatile.Read(ref _onTheWay) > 0 && IsShared; i++)
        {
            await Task.Delay(Moment, time, token);
        }
    }

    /// <summary>Leaves the processors to others, as long as it takes until the work done had no more than its share.</summary>
    public async ValueTask RestAsync(CancellationToken token)
    {
        var rest = TimeSpan.FromTicks(Interlocked.Exchange(ref _owed, 0)) * ((1 / _share) - 1);
        if (IsShared)
        {
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest < LongestRest ? rest : LongestRest, time, token);
            }
            await GiveWayAsync(token);
        }
    }
}

/// <summary>Sees messages go by.</summary>
internal sealed class MessagesOnTheWay(SendPace pace) : IPipelineBehavior<SendMessage, Stored>
{
    public async Task<Stored> Handle(SendMessage request, CancellationToken cancellationToken, RequestHandlerDelegate<Stored> next)
    {
        pace.MessageBegins();
        try
        {
            return await next();
        }
        finally
        {
            pace.MessageEnds();
        }
    }
}
