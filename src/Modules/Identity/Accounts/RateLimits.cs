using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;

namespace ModularChat.Identity.Accounts;

/// <summary>Counts registrations and log-ins by remote address, in windows of a minute. Each node counts for itself.</summary>
internal sealed class RateLimits(TimeProvider time, IOptions<IdentityOptions> options)
{
    // Above this many addresses in a minute the counts start anew, so that they cannot fill the memory.
    private const int MaxAddresses = 100_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(char Kind, string Origin), int> _counts = new();
    private readonly Lock _turn = new();
    private long _began = time.GetTimestamp();

    public void CheckRegistration(Origin origin) => Check('r', origin, options.Value.RegistrationsPerMinute);

    public void CheckLogIn(Origin origin) => Check('l', origin, options.Value.LogInsPerMinute);

    private void Check(char kind, Origin origin, int limit)
    {
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
        if (_counts.AddOrUpdate((kind, origin.Key), 1, (_, count) => count < limit + 1 ? count + 1 : count) > limit)
        {
            throw new ChatException(ProblemCodes.RateLimited, $"More than {limit} of these a minute from one address.")
            {
                Limit = limit,
                RetryAfter = Window - elapsed,
            };
        }
    }
}
