using System.Globalization;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Profiles;
using ModularChat.Identity.Relations;
using ModularChat.Identity.Storage;
using ModularChat.Shared.Servers;

namespace ModularChat.StorageTests.Identity;

/// <summary>The database server is killed and comes back while people change things.</summary>
public sealed class IdentityFaultTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("MODULARCHAT_FAULT_ROUNDS") ?? "1", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Nothing_that_was_answered_is_lost_when_the_server_is_killed_under_load()
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        await using var postgres = await PostgresServer.StartAsync(Cancel);
        await using var server = await IdentityServer.StartAsync(
            Deployment.SqliteFile, "Storage:Relational:Engine=postgresql",
            $"Storage:Relational:Shards:0={await postgres.CreateDatabaseAsync("chat0", Cancel)}", $"Storage:Relational:Shards:1={await postgres.CreateDatabaseAsync("chat1", Cancel)}");
        var people = new List<Caller>();
        for (var i = 0; i < 6; i++)
        {
            people.Add(await server.EnterAsync($"person{i}"));
        }

        for (var round = 0; round < Rounds; round++)
        {
            var writers = people.ConvertAll(person => new Writer(server, person, people));
            using var stop = new CancellationTokenSource();
            var writing = Task.WhenAll(writers.Select(writer => writer.RunAsync(stop.Token)));
            await WaitAsync(() => writers.TrueForAll(writer => writer.Answered >= 3));
            await (round % 2 == 0 ? postgres.Kill9Async() : postgres.StopAsync());
            await WaitAsync(() => writers.Exists(writer => writer.Refused > 0));
            await postgres.StartAsync(Cancel);
            var before = writers.ConvertAll(writer => writer.Answered);
            await WaitAsync(() => writers.TrueForAll(writer => writer.Answered > before[writers.IndexOf(writer)]));
            await stop.CancelAsync();
            await writing;

            // Time stands still otherwise, and notes would stay young.
            server.Time.Advance(TimeSpan.FromSeconds(40));
            await server.Get<Repair>().RunAsync(Cancel);
            foreach (var writer in writers)
            {
                await writer.CheckAsync();
            }
            await SeeEachOtherAlikeAsync(server, people);

            async Task WaitAsync(Func<bool> isDone)
            {
                while (!isDone())
                {
                    if (writing.IsCompleted)
                    {
                        await writing;
                    }
                    await Task.Delay(20, Cancel);
                }
            }
        }
    }

    private static async Task SeeEachOtherAlikeAsync(IdentityServer server, List<Caller> people)
    {
        var friends = new Dictionary<(Guid, Guid), string>();
        foreach (var person in people)
        {
            foreach (var friend in (await server.Get<Friends>().ListAsync(person, Cancel)).Friends)
            {
                friends[(person.UserId, friend.User.Id)] = friend.State;
            }
        }
        foreach (var ((one, other), state) in friends)
        {
            friends[(other, one)].ShouldBe(state switch { "requested" => "asked", "asked" => "requested", _ => state });
        }
    }

    /// <summary>Somebody who changes a status text and asks others for friendship, one after the other, and knows what was answered.</summary>
    private sealed class Writer(IdentityServer server, Caller person, List<Caller> people)
    {
        private int _tried, _answered;

        public int Answered { get; private set; }

        public int Refused { get; private set; }

        public async Task RunAsync(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                _tried++;
                try
                {
                    var other = people[(people.IndexOf(person) + 1 + (_tried % (people.Count - 1))) % people.Count];
                    await server.Get<UserProfiles>().ChangeAsync(person, new(null, null, _tried.ToString(CultureInfo.InvariantCulture), null), Cancel);
                    _answered = _tried;
                    await (_tried % 3 == 0 ? server.Get<Friends>().RemoveAsync(person, other.UserId, Cancel) : server.Get<Friends>().RequestAsync(person, other.UserId, Cancel));
                    Answered++;
                }
                catch (ChatException e)
                {
                    // Nothing else is allowed, and whoever gets it may try again.
                    e.Code.ShouldBe(ProblemCodes.StorageUnavailable, e.ToString());
                    e.Code.Retryable.ShouldBeTrue();
                    Refused++;
                    await Task.Delay(20, Cancel);
                }
            }
        }

        public async Task CheckAsync()
        {
            var kept = int.Parse((await server.Get<UserProfiles>().GetMeAsync(person, Cancel)).User.StatusText, CultureInfo.InvariantCulture);
            // One whose answer was lost may be there too.
            kept.ShouldBeInRange(_answered, _tried);
            var version = (await server.SendAsync(new GetDataVersions(person.UserId)))["profile"];
            server.Published.OfType<UserDataChanged>().Where(change => change.UserId == person.UserId && change.Subject == "profile").Max(change => change.Version).ShouldBeLessThanOrEqualTo(version);
        }
    }
}
