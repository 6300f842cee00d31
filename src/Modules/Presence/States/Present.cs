using ModularChat.Presence.People;
using ModularChat.Presence.Storage;

namespace ModularChat.Presence.States;

/// <summary>Puts together how users are just now.</summary>
internal sealed class Present(ILeases leases, PeopleBook people, AsOfClock clock, TimeProvider time)
{
    /// <summary>These users, in the order asked.</summary>
    public async ValueTask<Moment[]> LookAsync(IReadOnlyList<Guid> userIds, CancellationToken token)
    {
        var kept = await people.GetAsync(userIds, token);
        var attendances = await leases.AttendAsync(userIds, token);
        var (isSettled, now, asOf) = (leases.IsSettled, time.GetUtcNow(), clock.Now());
        var moments = new Moment[userIds.Count];
        for (var i = 0; i < moments.Length; i++)
        {
            moments[i] = new Moment(userIds[i], attendances[i], kept[i], isSettled, now, asOf);
        }
        return moments;
    }
}
