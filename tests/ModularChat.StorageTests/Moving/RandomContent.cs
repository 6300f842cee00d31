using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests.Moving;

/// <summary>Random people who write, edit, delete, react, pin, come, go and read; the same for the same seed.</summary>
internal sealed class RandomContent(int seed, int groups = 12)
{
    private static readonly string[] Emojis = ["👍", "🎉", "❤"];

    private readonly Random _random = new(seed);
    private readonly Guid[] _users = [.. Enumerable.Range(1, 6).Select(i => new Guid(seed, (short)i, 9, new byte[8]))];
    private readonly Guid[] _groups = [.. Enumerable.Range(1, groups).Select(i => new Guid(seed, (short)i, 7, [0, 0, 0, 0, 0, 0, 0, (byte)i]))];

    public IReadOnlyList<Guid> Groups => _groups;
    public IReadOnlyList<Guid> Users => _users;

    /// <summary>How many appends were stored.</summary>
    public int Stored { get; private set; }

    public async Task WriteAsync(IMessageLog log, int steps, CancellationToken token)
    {
        for (var step = 0; step < steps; step++)
        {
            var group = _groups[_random.Next(_groups.Length)];
            var user = _users[_random.Next(_users.Length)];
            if (await log.GetHeadsAsync([group], token) is not [var head])
            {
                await AppendAsync(log, Appends.Create(group, HistoryVisibility.All, [.. _users.Take(4).Select((u, i) => (u, i == 0 ? MemberRole.Owner : MemberRole.Member))]), token);
                continue;
            }
            if (_random.Next(10) == 0)
            {
                await log.AdvanceMarksAsync(
                    [new MarkAdvance(group, user, head.Seq, _random.NextInt64(head.Seq), _random.Next(5) == 0 ? new Preferences(null, _random.Next(2) == 0, false) : null)], token);
                continue;
            }
            await AppendAsync(log, Any(group, user, head), token);
        }
    }

    private Append Any(Guid group, Guid user, Head head)
    {
        var target = _random.NextInt64(1, head.Seq + 1);
        return _random.Next(15) switch
        {
            < 8 => Appends.Message(group, user, $"message {_random.Next()} {new string('x', _random.Next(60))}", head.MembersSeq),
            8 => Appends.Edit(group, user, target, $"edited {_random.Next()}", head.MembersSeq),
            9 => Appends.Delete(group, user, target, head.MembersSeq),
            10 or 11 => Appends.React(group, user, target, Emojis[_random.Next(3)], _random.Next(3) == 0, head.MembersSeq),
            12 => Appends.Pin(group, user, target, _random.Next(2) == 0, head.MembersSeq),
            13 => Appends.Settings(group, user, head.MembersSeq, _random.Next(2) == 0 ? null : $"title {_random.Next()}", new KeepRule(_random.Next(3), _random.Next(3))),
            _ => Appends.Members(group, _users[0], head.MembersSeq, new MemberChange(user, _random.Next(2) == 0 ? MemberRole.Member : MemberRole.None, _random.Next(2) == 0 ? RangeChange.OpenHere : RangeChange.Close)),
        };
    }

    private async Task AppendAsync(IMessageLog log, Append append, CancellationToken token) =>
        Stored += (await log.AppendAsync(append, token)).Outcome == AppendOutcome.Stored ? 1 : 0;
}
