using FsCheck;
using FsCheck.Fluent;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>
/// Random people do random things, to the log and to <see cref="ModelLog"/>: every result and the whole state must be the same,
/// also after closing, crashing and opening again. A failure prints the seed and the shortest run that still fails.
/// </summary>
public sealed class MessageLogModelTests(ITestOutputHelper output)
{
    private const int Runs = 40, Steps = 250, FirstSeed = 20260;
    private static readonly Gen<Step> Generator =
        from kind in Gen.Choose(0, 99)
        from who in Gen.Choose(0, 4)
        from place in Gen.Choose(0, 3)
        from what in Gen.Choose(0, 9999)
        from alone in Gen.Choose(0, 2)
        select new Step(kind, who, place, what, alone == 0);

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task The_log_and_the_model_never_differ(string engine)
    {
        output.WriteLine($"seeds {FirstSeed} to {FirstSeed + Runs - 1}");
        for (var seed = FirstSeed; seed < FirstSeed + Runs; seed++)
        {
            var steps = Generator.ArrayOf(Steps).Sample(1, new Rnd((ulong)seed), 100).Single();
            if (await FailureAsync(engine, steps) is { } failure)
            {
                var (shortest, why) = await ShrinkAsync(engine, steps, failure);
                Assert.Fail($"Seed {seed}: {why}\nafter\n{string.Join('\n', shortest.AsEnumerable())}");
            }
        }
    }

    private static async Task<(Step[] Steps, string Failure)> ShrinkAsync(string engine, Step[] steps, string failure)
    {
        for (var size = steps.Length / 2; size > 0; size /= 2)
        {
            for (var from = 0; from + size <= steps.Length;)
            {
                Step[] shorter = [.. steps[..from], .. steps[(from + size)..]];
                if (await FailureAsync(engine, shorter) is { } still)
                {
                    (steps, failure) = (shorter, still);
                }
                else
                {
                    from += size;
                }
            }
        }
        return (steps, failure);
    }

    private static async Task<string?> FailureAsync(string engine, Step[] steps)
    {
        await using var test = await LogUnderTest.OpenAsync(engine, o => (o.FoldAfter, o.CachedConversations) = (20, 100));
        return await new ModelRun(test).FailureAsync(steps);
    }
}

/// <summary>One thing that somebody does. Only numbers, read against what is there: so any part of a run is a run.</summary>
internal sealed record Step(int Kind, int Who, int Where, int What, bool IsAlone);

/// <summary>One run of steps on both.</summary>
internal sealed class ModelRun(LogUnderTest test)
{
    private static readonly Guid[] Users = [.. Enumerable.Range(1, 5).Select(i => new Guid(i, 0, 0, new byte[8]))];
    private static readonly Guid[] Groups = [.. Enumerable.Range(1, 4).Select(i => new Guid(i, 1, 0, new byte[8]))];
    private static readonly string[] Emojis = ["👍", "🎉", "❤"];

    private readonly ModelLog _model = new(test.Log.Info.ShardCount);
    private readonly List<Append> _past = [];
    private readonly List<Task<string?>> _underWay = [];
    private int _clock;
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task<string?> FailureAsync(Step[] steps)
    {
        for (var i = 0; i < steps.Length; i++)
        {
            var step = steps[i];
            Do(step);
            // Several at once share a transaction; the writer takes them in order, so the model knows what must come out.
            if (!step.IsAlone && i + 1 < steps.Length)
            {
                continue;
            }
            var failure = (await Task.WhenAll(_underWay)).FirstOrDefault(f => f is not null);
            _underWay.Clear();
            if (step.Kind == 99)
            {
                await (step.What % 2 == 0 ? test.CrashAsync() : test.ReopenAsync());
            }
            failure ??= i % 5 == 0 || step.Kind == 99 || i + 1 == steps.Length ? await DifferenceAsync() : null;
            if (failure is not null)
            {
                return $"step {i}: {failure}";
            }
        }
        return ListenerFault();
    }

    private void Do(Step step)
    {
        var (group, user) = (Groups[step.Where], Users[step.Who]);
        var other = Users[step.What / 7 % 5];
        var conversation = _model.Find(group);
        var membersSeq = step.What % 31 == 0 ? step.What % 3 : conversation?.MembersSeq ?? 0;
        var target = conversation is null ? 1 : (step.What / 3 % (conversation.Entries.Count + 2));
        switch (step.Kind)
        {
            case < 5:
                Append(Appends.Create(group, (HistoryVisibility)(step.What % 2), [.. Users.Where((u, i) => u == user || (step.What >> i) % 3 == 0).Select((u, i) =>
                    (u, u == user ? MemberRole.Owner : i % 2 == 0 ? MemberRole.Member : MemberRole.Invited))]));
                break;
            case < 40:
                Append(Appends.Message(group, user, $"text {step.What}", membersSeq) with { SenderRole = step.What % 4 == 0 ? MemberRole.Member : null });
                break;
            case < 47:
                Append(Appends.Edit(group, user, target, $"edited {step.What}", membersSeq));
                break;
            case < 51:
                Append(Appends.Delete(group, user, target, membersSeq));
                break;
            case < 60:
                Append(Appends.React(group, user, target, Emojis[step.What % 3], remove: step.What % 5 < 2, membersSeq));
                break;
            case < 64:
                Append(Appends.Pin(group, user, target, step.What % 2 == 0, membersSeq));
                break;
            case < 72:
                Append(Appends.Members(group, user, membersSeq, new MemberChange(other, (MemberRole)(step.What % 5), (RangeChange)(step.What / 5 % 4))));
                break;
            case < 75:
                var keep = (step.What % 4) switch { 0 => new KeepRule(), 1 => new KeepRule(step.What, 36_500), 2 => new KeepRule(Count: 1_000_000_000), _ => null };
                Append(Appends.Settings(group, user, membersSeq, step.What % 3 == 0 ? null : $"title {step.What}", keep));
                break;
            case < 88:
                Advance(new MarkAdvance(group, user, step.What % 3 == 0 ? target : null, step.What % 2 == 0 ? target - 1 : null));
                break;
            case < 91:
                Advance(new MarkAdvance(group, user, null, null, new Preferences(step.What % 2 == 0 ? Appends.Start.AddDays(step.What) : null, step.What % 3 == 0, step.What % 5 == 0)));
                break;
            case < 92:
                Cut(group, conversation is null ? 1 : step.What % (conversation.Entries.Count + 2) / 2, Appends.Start.AddSeconds(step.What % 2 == 0 ? _clock : _clock / 2));
                break;
            case < 96 when _past.Count > 0:
                Append(_past[step.What % _past.Count]);
                break;
            case < 98 when _past.Count > 0:
                Append(_past[step.What % _past.Count] with { RequestHash = Appends.Hash("another request") });
                break;
        }
    }

    private void Append(Append append)
    {
        if (!_past.Exists(p => p.ClientMessageId == append.ClientMessageId))
        {
            append = append with { At = Appends.Start.AddSeconds(_clock++) };
            _past.Add(append);
        }
        var expected = _model.Append(append);
        _underWay.Add(CompareAsync(append, expected, test.Log.AppendAsync(append, Token).AsTask()));
    }

    private void Advance(MarkAdvance advance)
    {
        _model.Advance(advance);
        _underWay.Add(DoneAsync(test.Log.AdvanceMarksAsync([advance], Token).AsTask()));

        static async Task<string?> DoneAsync(Task task)
        {
            await task;
            return null;
        }
    }

    private void Cut(Guid conversation, long upTo, DateTimeOffset forgetBefore)
    {
        var expected = _model.Cut(conversation, upTo, forgetBefore);
        _underWay.Add(ComparedAsync(expected, test.Log.CutAsync(conversation, upTo, forgetBefore, Token).AsTask()));

        static async Task<string?> ComparedAsync(int expected, Task<int> cut)
        {
            var left = await cut;
            return left == expected ? null : $"{left} entries left instead of {expected}";
        }
    }

    private static async Task<string?> CompareAsync(Append append, AppendResult expected, Task<AppendResult> appended)
    {
        var result = await appended;
        return result == expected ? null : $"{append.Kind} {append.Change}: {result} instead of {expected}";
    }

    private async Task<string?> DifferenceAsync()
    {
        if (!(await test.Log.GetPositionsAsync(Token)).SequenceEqual(_model.Positions))
        {
            return "other positions";
        }
        foreach (var conversation in _model.Conversations)
        {
            var membership = (await test.Log.GetMembershipAsync(conversation.Id, Token))!;
            var entries = await test.Log.ReadAsync(conversation.Id, 1, long.MaxValue, 10_000, newest: false, Token);
            var (actual, expected) = (LogState.Describe(membership, entries.Select(e => e.Entry)), LogState.Describe(conversation.Membership, conversation.Present));
            if (actual != expected)
            {
                return string.Join('\n', actual.Split('\n').Except(expected.Split('\n'))) + "\ninstead of\n" + string.Join('\n', expected.Split('\n').Except(actual.Split('\n')));
            }
            var feed = (await test.Log.ReadFeedAsync(conversation.Shard, 0, 10_000, Token)).Where(e => e.Entry.ConversationId == conversation.Id);
            if (!feed.SequenceEqual(entries, EntryComparer.Instance) || (await test.Log.GetHeadsAsync([conversation.Id], Token)).Single() != membership.Head)
            {
                return "feed or head differ from the pages";
            }
            var middle = conversation.Entries.Count / 2;
            var page = await test.Log.ReadAsync(conversation.Id, 1, middle, 3, newest: true, Token);
            if (!page.Select(e => e.Position).SequenceEqual(entries.Where(e => e.Entry.Seq <= middle).TakeLast(3).Select(e => e.Position))
                || (middle > 0 && await test.Log.GetNumberAsync(conversation.Id, middle, Token) != conversation.NumberAt(middle)))
            {
                return "page or number differ from the whole";
            }
        }
        foreach (var user in Users)
        {
            var listed = await test.Log.ListConversationsAsync(user, Token);
            var members = await test.Log.GetMemberAsync(Groups, user, Token);
            var expected = _model.Conversations.Where(c => c.Members.ContainsKey(user)).ToArray();
            if (!listed.ToHashSet().SetEquals(expected.Select(c => c.Id)) || members.Count != expected.Length
                || members.Any(m => !IsSame(m.Member, _model.Find(m.ConversationId)!.Members[user])))
            {
                return $"conversations or rows of {user} differ";
            }
        }
        return null;
    }

    private static bool IsSame(Member one, Member other) =>
        one with { Ranges = [] } == other with { Ranges = [] } && one.Ranges.SequenceEqual(other.Ranges);

    private string? ListenerFault()
    {
        foreach (var shard in test.Listener.Commits.GroupBy(c => c.Shard))
        {
            var position = 0L;
            foreach (var commit in shard)
            {
                if (commit.PreviousPosition != position)
                {
                    return $"the listener missed positions {position} to {commit.PreviousPosition} of shard {shard.Key}";
                }
                position = commit.Position;
            }
            if (position != _model.Positions[shard.Key])
            {
                return $"the listener heard of {position}, not of {_model.Positions[shard.Key]}, in shard {shard.Key}";
            }
        }
        return null;
    }

    private sealed class EntryComparer : IEqualityComparer<LogEntry>
    {
        public static readonly EntryComparer Instance = new();

        public bool Equals(LogEntry? x, LogEntry? y) => x?.Position == y?.Position && x?.Entry.Seq == y?.Entry.Seq && x?.Entry.Changed == y?.Entry.Changed;

        public int GetHashCode(LogEntry obj) => obj.Position.GetHashCode();
    }
}
