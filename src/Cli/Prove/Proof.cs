using System.Collections.Concurrent;
using System.Globalization;

namespace ModularChat.Cli.Prove;

/// <summary>What can be wrong.</summary>
internal enum Wrong
{
    Lost, Duplicated, Reordered, Refused, NotGreen, PresenceWrong,
}

/// <summary>
/// The ledger: what was confirmed, and what stands at each place of each group. All devices and senders are held against it, and against
/// each other. Safe for many threads.
/// </summary>
internal sealed class Proof
{
    private const int StoriesKept = 20;
    private readonly ConcurrentDictionary<(Guid Group, long Seq), string> _acked = new();
    private readonly ConcurrentDictionary<(Guid Group, long Seq), string> _seen = new();
    private readonly ConcurrentDictionary<(Guid Group, string Text), long> _places = new();
    private readonly ConcurrentDictionary<Guid, long> _heads = new();
    private readonly ConcurrentQueue<string> _stories = new();
    private readonly int[] _counts = new int[Enum.GetValues<Wrong>().Length];

    /// <summary>What is being done to the cluster; part of every story.</summary>
    public string Step { get; set; } = "start";

    /// <summary>The first things that were wrong, in order: what happened during which step, and to whom.</summary>
    public IReadOnlyCollection<string> Stories => _stories;

    public int Acked => _acked.Count;

    public bool IsClean => Array.TrueForAll(_counts, count => count == 0);

    public int Count(Wrong what) => Volatile.Read(ref _counts[(int)what]);

    public void Blame(Wrong what, string story)
    {
        Interlocked.Increment(ref _counts[(int)what]);
        if (_stories.Count < StoriesKept)
        {
            _stories.Enqueue($"{what.ToString().ToLowerInvariant()} during {Step}: {story}");
        }
    }

    /// <summary>The highest place of a group that was confirmed or seen.</summary>
    public long Head(Guid group) => _heads.GetValueOrDefault(group);

    public IReadOnlyDictionary<Guid, long> Heads() => new Dictionary<Guid, long>(_heads);

    /// <summary>The server has confirmed a message.</summary>
    public void Ack(Guid group, long seq, string text)
    {
        if (!_acked.TryAdd((group, seq), text))
        {
            Blame(Wrong.Lost, $"{Place(group, seq)} was confirmed for '{_acked[(group, seq)]}' and for '{text}'");
        }
        Note(group, seq, text, "the one who sent it");
    }

    /// <summary>Somebody has been given a message.</summary>
    public void Saw(Guid group, long seq, string text, string who) => Note(group, seq, text, who);

    /// <summary>Everything that was confirmed in a group.</summary>
    public IEnumerable<(long Seq, string Text)> AckedIn(Guid group) =>
        _acked.Where(line => line.Key.Group == group).Select(line => (line.Key.Seq, line.Value)).OrderBy(line => line.Seq);

    public static string Place(Guid group, long seq) => string.Create(CultureInfo.InvariantCulture, $"{group} seq {seq}");

    private void Note(Guid group, long seq, string text, string who)
    {
        _heads.AddOrUpdate(group, seq, (_, head) => Math.Max(head, seq));
        var there = _seen.GetOrAdd((group, seq), text);
        if (there != text)
        {
            Blame(Wrong.Lost, $"{Place(group, seq)} is '{there}' for others and '{text}' for {who}");
        }
        var place = _places.GetOrAdd((group, text), seq);
        if (place != seq)
        {
            Blame(Wrong.Duplicated, $"'{text}' is stored twice: as {Place(group, place)} and as seq {seq.ToString(CultureInfo.InvariantCulture)}");
        }
    }
}
