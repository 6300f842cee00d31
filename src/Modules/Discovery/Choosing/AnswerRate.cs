using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;

namespace ModularChat.Discovery.Choosing;

/// <summary>Counts answers by remote address, in windows of a minute. Each node counts for itself.</summary>
internal sealed class AnswerRate(IOptions<DiscoveryOptions> options, TimeProvider time)
{
    // Above this many addresses in a minute the counts start anew, so that they cannot fill the memory.
    private const int MaxAddresses = 100_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly Lock _turn = new();
    private long _began = time.GetTimestamp();

    /// <summary>Counts one more.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.RateLimited"/> above the limit.</exception>
    public void Check(string? address)
    {
        var limit = options.Value.AnswersPerMinute;
        if (limit == 0)
        {
            return;
        }
        TimeSpan elapsed;
        lock (_turn)
        {
            elapsed = time.GetElapsedTime(_began);
            if (elapsed >= Window || _counts.Count >= MaxAddresses)
            {
                _counts.Clear();
                _began = time.GetTimestamp();
                elapsed = TimeSpan.Zero;
            }
        }
        if (_counts.AddOrUpdate(KeyOf(address), 1, (_, count) => count < limit + 1 ? count + 1 : count) > limit)
        {
            throw new ChatException(ProblemCodes.RateLimited, $"More than {limit} of these a minute from one address.") { Limit = limit, RetryAfter = Window - elapsed };
        }
    }

    /// <summary>Who has one IPv6 address has its whole /64.</summary>
    private static string KeyOf(string? address)
    {
        if (!IPAddress.TryParse(address, out var parsed))
        {
            return "";
        }
        parsed = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        return parsed.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(parsed.GetAddressBytes().AsSpan(0, 8)) : parsed.ToString();
    }
}
