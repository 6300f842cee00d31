using ModularChat.Contracts;
using ModularChat.Contracts.Discovery;
using ModularChat.Discovery;
using ModularChat.Discovery.Choosing;
using ModularChat.Discovery.Nodes;

namespace ModularChat.UnitTests.Discovery;

public sealed class ChooserTests
{
    private static readonly DiscoveryOptions OnlyAnswers = new() { Node = { Id = "self" }, Regions = ["eu=50,8", "us=40,-75", "asia=1,104"] };

    [Fact]
    public void One_node_without_a_public_address_names_the_one_that_was_used()
    {
        var town = new Town(new DiscoveryOptions());

        var choice = town.Ask();

        choice.Url.ShouldBe("");
        choice.Alternatives.ShouldBeEmpty();
        choice.TtlSeconds.ShouldBe(30);
    }

    [Fact]
    public void The_nearest_region_is_chosen_and_an_alternative_lies_in_another()
    {
        var town = new Town(OnlyAnswers, role: "api");
        town.Know(Town.Node("eu-1", "eu"), Town.Node("eu-2", "eu"), Town.Node("eu-3", "eu"), Town.Node("us-1", "us"), Town.Node("asia-1", "asia"));

        var paris = town.Ask(48.9, 2.4);
        var tokyo = town.Ask(35.7, 139.7);

        paris.Region.ShouldBe("eu");
        paris.Alternatives.Select(a => a.Region).ShouldBe(["eu", "us"]);
        tokyo.Region.ShouldBe("asia");
        paris.Explanation!.PlaceBy.ShouldBe("parameters");
        paris.Explanation.Candidates.First(c => c.Region == "eu").DistanceKm!.Value.ShouldBe(420, 20);
        paris.Explanation.Candidates.Single(c => c.Region == "us").DistanceKm!.Value.ShouldBe(5940, 100);
    }

    [Theory]
    [InlineData("draining")]
    [InlineData("unhealthy")]
    [InlineData("starting")]
    [InlineData("full")]
    [InlineData("no_url")]
    public void A_node_that_takes_no_clients_is_passed_over_and_the_reason_is_told(string reason)
    {
        var town = new Town(OnlyAnswers, role: "api");
        var near = Town.Node("near", "eu");
        town.Know(Town.Node("far", "asia"), reason switch
        {
            "full" => near with { Load = new NodeLoad(1000) },
            "no_url" => near with { Url = "" },
            _ => near with { State = Enum.Parse<NodeState>(reason, ignoreCase: true) },
        });

        var choice = town.Ask(region: "eu");

        choice.Region.ShouldBe("asia");
        choice.Explanation!.Candidates.Single(c => c.Id == "near").Refused.ShouldBe(reason);
    }

    [Fact]
    public void No_node_that_takes_clients_is_a_problem_with_a_time_to_ask_again()
    {
        var town = new Town(OnlyAnswers, role: "api");
        town.Know(Town.Node("a", state: NodeState.Draining));

        var problem = Should.Throw<ChatException>(() => town.Ask());

        problem.Code.ShouldBe(ProblemCodes.NoServer);
        problem.RetryAfter!.Value.TotalSeconds.ShouldBeInRange(2, 5);
    }

    [Fact]
    public void A_node_that_drains_recommends_the_others_and_alone_nobody()
    {
        var town = new Town();
        town.Know(Town.Node("other", "eu"));
        town.Self.Drain();
        town.Table.UpdateSelf();

        town.Ask().Url.ShouldBe("https://other.example.org");
        town.Know();
        Should.Throw<ChatException>(() => town.Ask()).Code.ShouldBe(ProblemCodes.NoServer);
    }

    [Fact]
    public void Clients_are_spread_by_free_capacity()
    {
        var town = new Town(OnlyAnswers, role: "api");
        town.Know(Town.Node("small", capacity: 1000), Town.Node("large", capacity: 4000), Town.Node("loaded", capacity: 4000, connections: 2000));

        var counts = Enumerable.Range(0, 3000).Select(_ => town.Ask().Url).GroupBy(u => u).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);

        // Together 5,000 of 9,000: all three end at about five ninths.
        (counts["https://small.example.org"] / 1000.0).ShouldBe(5 / 9.0, 0.05);
        (counts["https://large.example.org"] / 4000.0).ShouldBe(5 / 9.0, 0.05);
        ((counts["https://loaded.example.org"] + 2000) / 4000.0).ShouldBe(5 / 9.0, 0.05);
    }

    [Fact]
    public void A_busy_processor_and_a_long_queue_weigh_less()
    {
        var town = new Town(OnlyAnswers, role: "api");
        town.Know(Town.Node("calm"), Town.Node("hot", cpu: 1), Town.Node("jammed", queue: 1000));

        var candidates = town.Ask().Explanation!.Candidates.ToDictionary(c => c.Id, StringComparer.Ordinal);

        (candidates["calm"].Weight, candidates["hot"].Weight, candidates["jammed"].Weight).ShouldBe((1000, 100, 500));
    }

    [Fact]
    public void What_was_answered_counts_at_once_and_until_the_node_has_told_its_load_twice()
    {
        var town = new Town(OnlyAnswers, role: "api");
        var node = Town.Node("a");
        town.Know(node);
        for (var i = 0; i < 10; i++)
        {
            town.Ask();
        }

        town.Candidate("a").Promised.ShouldBe(10);
        town.Know(node with { Load = new NodeLoad(6) });
        town.Candidate("a").Promised.ShouldBe(11);
        town.Know(node with { Load = new NodeLoad(12) });
        town.Candidate("a").Promised.ShouldBe(1);
    }

    [Fact]
    public void Those_who_never_came_are_forgotten()
    {
        var town = new Town(OnlyAnswers, role: "api");
        town.Know(Town.Node("a"));
        town.Ask();

        town.Time.Advance(TimeSpan.FromSeconds(5));
        town.Candidate("a").Promised.ShouldBe(1);
        town.Time.Advance(TimeSpan.FromSeconds(5));
        town.Time.Advance(TimeSpan.FromSeconds(5));
        town.Candidate("a").Promised.ShouldBe(1, "the one that asked just now before");
        town.Time.Advance(TimeSpan.FromSeconds(5));
        town.Candidate("a");
        town.Time.Advance(TimeSpan.FromSeconds(60));
        town.Candidate("a");
        town.Candidate("a").Promised.ShouldBe(2);
    }

    [Fact]
    public void A_storm_on_a_cluster_with_two_that_answer_does_not_fill_a_node_beyond_its_capacity()
    {
        var api = Town.Node("api-2") with { Roles = ["api"] };
        NodeRecord[] nodes = [Town.Node("a", capacity: 100), Town.Node("b", capacity: 100), api];
        Town[] towns = [new(OnlyAnswers, seed: 1, role: "api"), new(OnlyAnswers, seed: 2, role: "api")];
        foreach (var town in towns)
        {
            town.Self.Report(new ReportLoad(0, 0, 0, true, "1"));
            town.Know(nodes);
        }

        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var refused = 0;
        for (var i = 0; i < 300; i++)
        {
            try
            {
                var url = towns[i % 2].Ask().Url;
                counts[url] = counts.GetValueOrDefault(url) + 1;
            }
            catch (ChatException)
            {
                refused++;
            }
        }

        counts.Values.ShouldAllBe(c => c <= 100);
        counts.Values.Sum().ShouldBeGreaterThan(190);
        refused.ShouldBe(300 - counts.Values.Sum());
    }

    [Fact]
    public void An_answer_from_500_nodes_takes_less_than_a_millisecond()
    {
        const int answers = 20_000;
        var town = new Town(OnlyAnswers, role: "api");
        string[] regions = ["eu", "us", "asia"];
        town.Know([.. Enumerable.Range(0, 500).Select(i => Town.Node($"node-{i}", regions[i % 3], capacity: 100_000))]);
        var place = new CallerPlace("parameters", null, new Coordinates(48.9, 2.4));

        // Of the processor: how busy the machine is otherwise is not this test's business.
        var before = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < answers; i++)
        {
            town.Chooser.Choose(place, explain: false);
        }
        var each = (Environment.CpuUsage.TotalTime - before) / answers;
        TestContext.Current.SendDiagnosticMessage("{0:F1} us of processor time an answer", each.TotalMicroseconds);

        each.ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
    }
}
