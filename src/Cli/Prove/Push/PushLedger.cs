namespace ModularChat.Cli.Prove.Push;

/// <summary>What came of the pushes that were due.</summary>
/// <param name="Due">Confirmed messages, once for each device.</param>
/// <param name="Sent">Different pushes that were taken.</param>
/// <param name="Collapsed">Messages for which a push about a later one of their group stands.</param>
/// <param name="Lost">Messages for which nothing came.</param>
/// <param name="Doubled">Pushes that were taken twice, with a kill between.</param>
/// <param name="Wrong">Pushes that came again without one, or a third time.</param>
internal sealed record PushVerdict(int Due, int Sent, int Collapsed, int Lost, int Doubled, int Wrong);

/// <summary>What was confirmed, what came, and when the server was killed. Safe for many threads.</summary>
internal sealed class PushLedger
{
    private readonly Lock _gate = new();
    private readonly List<(Guid Group, long Seq)> _due = [];
    private readonly Dictionary<(Guid User, Guid Group), SortedSet<long>> _told = [];
    private readonly Dictionary<Guid, List<int>> _pushes = [];
    private int _kills;

    /// <summary>The server has confirmed a message.</summary>
    public void Confirmed(Guid group, long seq)
    {
        lock (_gate)
        {
            _due.Add((group, seq));
        }
    }

    /// <summary>The push service has taken a push.</summary>
    public void Took(Guid push, Guid user, Guid group, long seq)
    {
        lock (_gate)
        {
            if (!_told.TryGetValue((user, group), out var told))
            {
                _told[(user, group)] = told = [];
            }
            told.Add(seq);
            if (!_pushes.TryGetValue(push, out var times))
            {
                _pushes[push] = times = [];
            }
            times.Add(_kills);
        }
    }

    /// <summary>The server is dead: what it was answered before, it may not have written down.</summary>
    public void Killed()
    {
        lock (_gate)
        {
            _kills++;
        }
    }

    /// <summary>Judges what has come so far.</summary>
    public PushVerdict Judge(IReadOnlyCollection<Guid> users)
    {
        lock (_gate)
        {
            var (exact, lost) = (0, 0);
            foreach (var user in users)
            {
                foreach (var (group, seq) in _due)
                {
                    var told = _told.GetValueOrDefault((user, group));
                    exact += told?.Contains(seq) == true ? 1 : 0;
                    lost += told is null || told.Max < seq ? 1 : 0;
                }
            }
            var due = _due.Count * users.Count;
            return new PushVerdict(
                due, _pushes.Count, due - exact - lost, lost,
                _pushes.Values.Count(times => times.Count == 2 && times[1] > times[0]),
                _pushes.Values.Count(times => times.Count > 2 || (times.Count == 2 && times[1] == times[0])));
        }
    }
}
