using ModularChat.Messaging.Storage;

namespace ModularChat.Benchmarks;

/// <summary>
/// The log itself, as Messaging calls it, beside the same rows and indexes written and read in the shortest code (<see cref="IRawLog"/>), or at
/// several sizes.
/// </summary>
internal sealed class LogBenchmark(LogSettings settings, IMessageLog log, Workload load, Turns turns)
{
    private const int Page = 50, Slice = 2_000, WarmSize = 10;
    private static readonly CancellationToken Token = CancellationToken.None;

    public static async Task<int> RunAsync(string[] args)
    {
        var settings = LogSettings.Parse(args);
        await using var engine = await MeasuredEngine.StartAsync(settings.Engine);
        var load = new Workload(engine.IsServer ? 5_000 : 20_000, engine.IsServer);
        var benchmark = new LogBenchmark(settings, engine.Log, load, new Turns(settings.Rounds, settings.Seconds, engine.Processes));
        await load.CreateAsync(engine.Log);
        await (settings.Steps.Length == 1 ? benchmark.CompareAsync(engine) : benchmark.GrowAsync());
        Console.WriteLine(engine.Size());
        return 0;
    }

    private async Task CompareAsync(MeasuredEngine engine)
    {
        await using var raw = await engine.OpenRawAsync();
        await raw.CreateAsync(load.Conversations, load.Users);
        await Turns.WarmAsync(goesOn => RawAsync(goesOn, WarmSize), goesOn => InFlightAsync(goesOn, WarmSize));
        foreach (var size in settings.Batches)
        {
            await turns.CompareAsync($"append, {size} at once", goesOn => RawAsync(goesOn, size), goesOn => InFlightAsync(goesOn, size));
        }
        for (var done = 0; done < settings.Steps[0]; done += Slice)
        {
            await FillAsync(_ => 0);
            await raw.AppendAsync(Workload.Batch(Slice, i => load.Message(0, i)));
        }
        await turns.CompareAsync(
            $"page, 50 newest of {settings.Steps[0]:N0}", goesOn => RepeatAsync(goesOn, 1, async _ => Check(await raw.PageAsync(load.Conversations[0]))), goesOn => RepeatAsync(goesOn, 1, _ => ReadAsync(0)));
        await AloneAsync();

        Task<int> RawAsync(Func<bool> goesOn, int size) => RepeatAsync(goesOn, size, n => raw.AppendAsync(Workload.Batch(size, i => load.Random(n + i))));
    }

    /// <summary>Half of the entries lie in one conversation, the others anywhere.</summary>
    private async Task GrowAsync()
    {
        var (done, first) = (0, (double[]?)null);
        foreach (var step in settings.Steps)
        {
            for (; done < step; done += Slice)
            {
                await FillAsync(i => i % 2 == 0 ? 0 : Random.Shared.Next(load.Conversations.Length));
            }
            // What the engine still sorts or writes in the background is not what an append or a page costs.
            await turns.SettleAsync();
            Console.WriteLine($"with {step:N0} entries:");
            var costs = new List<Turns.Cost>();
            foreach (var size in settings.Batches)
            {
                costs.Add(await turns.AloneAsync($"append, {size} at once", goesOn => InFlightAsync(goesOn, size)));
            }
            await turns.SettleAsync();
            costs.Add(await turns.AloneAsync("page, 50 newest of the long", goesOn => RepeatAsync(goesOn, 1, _ => ReadAsync(0))));
            costs.Add(await turns.AloneAsync("page, 50 anywhere in it", goesOn => RepeatAsync(goesOn, 1, _ => ReadInAsync(step / 2))));
            var cpu = costs.Select(c => c.Cpu).ToArray();
            first ??= cpu;
            Console.WriteLine($"CPU against the first size: {string.Join(", ", cpu.Zip(first, (now, then) => $"{now / then:N2}"))}");
        }
    }

    private async Task AloneAsync()
    {
        await turns.AloneAsync("page, 50 of any", goesOn => RepeatAsync(goesOn, 1, _ => ReadAnyAsync()));
        await turns.AloneAsync("feed, 1,000 rows", goesOn => RepeatAsync(goesOn, 1, async _ => await log.ReadFeedAsync(0, Random.Shared.Next(1000), 1000, Token)));
        await turns.AloneAsync("head", goesOn => RepeatAsync(goesOn, 1, async _ => await log.GetHeadsAsync([load.Conversations[Random.Shared.Next(load.Conversations.Length)]], Token)));
        await turns.AloneAsync("membership of two", goesOn => RepeatAsync(goesOn, 1, async _ => await log.GetMembershipAsync(load.Conversations[Random.Shared.Next(load.Conversations.Length)], Token)));
        await turns.AloneAsync("marks, 100 at once", goesOn => InFlightAsync(goesOn, 100, async n =>
        {
            var i = Random.Shared.Next(load.Conversations.Length);
            await log.AdvanceMarksAsync([new MarkAdvance(load.Conversations[i], load.Users[(i * 2) + 1], null, null, new Preferences(TimeProvider.System.GetUtcNow(), n % 2 == 0, false))], Token);
        }));
    }

    private async Task FillAsync(Func<int, int> conversation) =>
        await Task.WhenAll(Workload.Batch(Slice, i => load.Message(conversation(i), i)).Select(m => log.AppendAsync(m, Token).AsTask()));

    private async Task ReadAsync(int conversation) => Check((await log.ReadAsync(load.Conversations[conversation], 1, long.MaxValue, Page, newest: true, Token)).Count);

    private async Task ReadInAsync(int entries) => Check((await log.ReadAsync(load.Conversations[0], 1, Random.Shared.Next(Page, entries), Page, newest: true, Token)).Count);

    private async Task ReadAnyAsync() =>
        await log.ReadAsync(load.Conversations[Random.Shared.Next(load.Conversations.Length)], 1, long.MaxValue, Page, newest: true, Token);

    private Task<int> InFlightAsync(Func<bool> goesOn, int size) => InFlightAsync(goesOn, size, async n =>
    {
        if ((await log.AppendAsync(load.Random(n), Token)).Outcome != AppendOutcome.Stored)
        {
            throw new InvalidOperationException("An append was not stored.");
        }
    });

    /// <summary>So many callers, each of whom waits for its answer.</summary>
    private static async Task<int> InFlightAsync(Func<bool> goesOn, int callers, Func<int, Task> call)
    {
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(() => RepeatAsync(goesOn, 1, call))));
        return counts.Sum();
    }

    private static async Task<int> RepeatAsync(Func<bool> goesOn, int size, Func<int, Task> action)
    {
        var count = 0;
        while (goesOn())
        {
            await action(count);
            count += size;
        }
        return count;
    }

    private static void Check(int rows)
    {
        if (rows != Page)
        {
            throw new InvalidOperationException("A page is not full.");
        }
    }
}
