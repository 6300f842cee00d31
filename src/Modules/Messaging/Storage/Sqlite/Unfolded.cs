using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using ModularChat.Messaging.Storage.Writing;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>
/// What is on disk but not folded into the rows that are read by: readers look here first. It changes only after a commit,
/// and a conversation goes only after the commit that folded it. A reader that looks here and then begins its snapshot misses
/// nothing; one that has to do it the other way round begins again when <see cref="Generation"/> has changed meanwhile.
/// </summary>
internal sealed class Unfolded
{
    private volatile ConcurrentDictionary<Guid, UnfoldedConversation> _conversations = new();
    private int _generation;

    /// <summary>Rises before anything goes.</summary>
    public int Generation => Volatile.Read(ref _generation);

    public UnfoldedConversation? Find(Guid id) => _conversations.GetValueOrDefault(id);

    /// <summary>The conversations of a shard with something after a position.</summary>
    public IEnumerable<Guid> ChangedAfter(int shard, long position) =>
        _conversations.Where(c => c.Value.Head is { } head && head.Shard == shard && (head.Position > position || head.MarksPosition > position)).Select(c => c.Key);

    /// <summary>Puts in what a commit did, but for what was folded with it.</summary>
    public void Publish(IReadOnlyList<ConversationState> touched, Commit commit)
    {
        var next = 0;
        for (var i = 0; i < touched.Count; i++)
        {
            var first = next;
            while (next < commit.Members.Count && commit.Members[next].ConversationId == touched[i].Id)
            {
                next++;
            }
            if (touched[i].IsDirty)
            {
                Put(_conversations, touched[i], commit.Heads[i], commit.Members, first, next);
            }
        }
    }

    /// <summary>Begins anew with these; after the log was opened.</summary>
    public void Replace(IReadOnlyCollection<ConversationState> states)
    {
        var conversations = new ConcurrentDictionary<Guid, UnfoldedConversation>();
        foreach (var state in states)
        {
            (Guid, Member)[] members = [.. state.Members.Values.Where(m => m is { IsDirty: true }).Select(m => (state.Id, m!.ToMember()))];
            Put(conversations, state, state.ToHead(), members, 0, members.Length);
        }
        Interlocked.Increment(ref _generation);
        _conversations = conversations;
    }

    public void Remove(IReadOnlyList<ConversationState> folded)
    {
        Interlocked.Increment(ref _generation);
        foreach (var state in folded)
        {
            _conversations.TryRemove(state.Id, out _);
        }
    }

    private static void Put(
        ConcurrentDictionary<Guid, UnfoldedConversation> conversations, ConversationState state, Head head, IReadOnlyList<(Guid, Member)> members, int from, int to)
    {
        if (conversations.TryGetValue(state.Id, out var conversation))
        {
            conversation.Put(head, state.Tail, members, from, to);
            return;
        }
        // Filled before anybody can find it.
        conversation = new UnfoldedConversation(state.Key);
        conversation.Put(head, state.Tail, members, from, to);
        conversations.TryAdd(state.Id, conversation);
    }
}

/// <summary>One conversation's part.</summary>
internal sealed class UnfoldedConversation(long key)
{
    private readonly Lock _lock = new();
    private readonly List<long> _places = [];
    private readonly Dictionary<Guid, Member> _members = [];
    private Head? _head;

    public long Key => key;

    public Head Head
    {
        get
        {
            lock (_lock)
            {
                return _head!;
            }
        }
    }

    public Member? Member(Guid user)
    {
        lock (_lock)
        {
            return _members.GetValueOrDefault(user);
        }
    }

    /// <summary>The head and every member that lags behind in its row.</summary>
    public (Head Head, Dictionary<Guid, Member> Members) State()
    {
        lock (_lock)
        {
            return (_head!, new Dictionary<Guid, Member>(_members));
        }
    }

    /// <summary>
    /// The newest places of the entries from <paramref name="from"/> to <paramref name="to"/> that the index lacks, at most so many: a long
    /// conversation lacks thousands, and a page is fifty. And the seq of the first of them; without any, the first that the index lacks.
    /// </summary>
    public (long First, long[] Places) Places(long from, long to, int newest)
    {
        lock (_lock)
        {
            var first = _head!.Seq - _places.Count + 1;
            var start = (int)Math.Clamp(from - first, 0, _places.Count);
            var end = (int)Math.Clamp(Math.Min(to, _head.Seq) - first + 1, start, _places.Count);
            if (end - start > newest)
            {
                start = end - newest;
                first += start;
            }
            return (first, CollectionsMarshal.AsSpan(_places)[start..end].ToArray());
        }
    }

    /// <summary>All in one step: a member's mark is never seen past the head, nor a head without its sender's mark.</summary>
    public void Put(Head head, List<long> tail, IReadOnlyList<(Guid, Member)> members, int from, int to)
    {
        lock (_lock)
        {
            _head = head;
            for (var i = _places.Count; i < tail.Count; i++)
            {
                _places.Add(tail[i]);
            }
            for (var i = from; i < to; i++)
            {
                var (_, member) = members[i];
                _members[member.UserId] = member;
            }
        }
    }
}
