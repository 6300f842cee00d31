using System.Threading.Channels;

namespace ModularChat.Messaging.Storage.Writing;

/// <summary>
/// Those who were just answered often write again at once. A writer that takes the first of them has the others wait for its sync, and needs two
/// transactions where one would do: so it lets them come, as long as they do.
/// </summary>
internal static class Refill
{
    /// <summary>Turns without anybody coming after which nobody is waited for: some ten microseconds, where a sync takes hundreds.</summary>
    private const int Patience = 32;

    public static async ValueTask WaitAsync<T>(ChannelReader<T> queue, int written)
    {
        if (written < 2)
        {
            return;
        }
        var waiting = queue.Count;
        for (var idle = 0; waiting < written && idle < Patience;)
        {
            await Task.Yield();
            var now = queue.Count;
            idle = now > waiting ? 0 : idle + 1;
            waiting = now;
        }
    }
}
