using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Authorization;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests;

/// <summary>Requests of the right form with any values at all: each is answered or refused, and none finds a bug.</summary>
public sealed class NastyInputTests
{
    private static readonly string[] Values =
    [
        "", " ", "a", "0", "1", "2", "-1", "201", "1000000000", "9223372036854775807", "9223372036854775808", "1.5", "\n", "\u202e", "\ufdd0", "👍", "👩‍👩‍👧‍👦",
        "İ", "ﷺ", "%", "..", "a/b", "'; DROP TABLE x", "@all", "#12ab99", "Europe/Berlin", "friends", "none", "owner", "joined", "users",
        "00000000-0000-0000-0000-000000000000", "9999-12-31T23:59:59.9999999-14:00", "0001-01-01T00:00:00+14:00", new string('x', 70), new string('x', 300),
    ];

    /// <summary>What ends the session that asks, or never ends.</summary>
    private static readonly string[] Left = ["POST logout", "GET events", "GET ws"];

    private static readonly string[] Parameters = ["limit", "before", "after", "cursor", "prefix", "clientMessageId"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Whatever_the_values_are_the_answer_is_a_result_or_a_problem_and_never_a_bug(int seed)
    {
        await using var server = await ChatServer.StartAsync(settings: Integrator.Settings);
        var owner = await server.RegisterAsync("owner");
        using var integrator = await Integrator.FromFolderAsync(server.Url, server.Folder);
        var cast = await Cast.MakeAsync(integrator, owner);
        var random = new Random(seed);
        var operations = Operation.All.Where(o => !Left.Contains(o.Name, StringComparer.Ordinal)).ToArray();
        var wrong = new List<string>();
        var succeeded = 0;
        for (var i = 0; i < 600; i++)
        {
            var operation = random.GetItems(operations, 1)[0];
            var path = Path(operation, cast, random);
            var body = operation.Body is null ? null : Body(operation.Body, cast, random);
            using var request = new HttpRequestMessage(new HttpMethod(operation.Method), path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
            using var response = await cast.Member.Http.SendAsync(request, Token);
            succeeded += response.IsSuccessStatusCode ? 1 : 0;
            var text = await response.Content.ReadAsStringAsync(Token);
            if ((int)response.StatusCode >= 500 || (!response.IsSuccessStatusCode && !text.Contains("\"code\":", StringComparison.Ordinal)))
            {
                wrong.Add($"{operation.Method} {path} {body}: {(int)response.StatusCode} {text}");
            }
        }
        wrong.ShouldBeEmpty(string.Join('\n', wrong));
        succeeded.ShouldBeGreaterThan(60, "Too many are refused for their form: what lies behind is not reached.");
        (await server.Anonymous.GetFromJsonAsync<JsonElement>("/health/ready", Token)).GetProperty("status").GetString().ShouldBe("healthy");
    }

    private static string Path(Operation operation, Cast cast, Random random)
    {
        var parts = operation.Route.Split('/').Select(part => part is ['{', .., '}'] ? Uri.EscapeDataString(Place(cast, random)) : part);
        var query = Parameters.Where(_ => random.Next(6) == 0).Select(name => $"{name}={Uri.EscapeDataString(Text(random))}");
        return $"{string.Join('/', parts)}?{string.Join('&', query)}";
    }

    // Mostly something that is there: what is not is refused before anything else is looked at.
    private static string Place(Cast cast, Random random) =>
        random.Next(8) switch { 0 or 1 or 2 => $"{cast.Group}", 3 => $"{cast.Owner.Id}", 4 => "2", 5 => $"{Ids.New()}", _ => Text(random) };

    private static string Body(object like, Cast cast, Random random)
    {
        var body = JsonSerializer.SerializeToNode(like, ChatUser.Json)!.AsObject();
        foreach (var (name, value) in body.ToArray())
        {
            if (random.Next(3) != 0)
            {
                body[name] = Value(cast, random, value);
            }
        }
        var text = body.ToJsonString();
        return random.Next(20) == 0 ? text[..random.Next(text.Length)] : text;
    }

    private static JsonNode? Value(Cast cast, Random random, JsonNode? good) => random.Next(10) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => random.GetItems([0, 1, -1, 1_000_000_000, long.MaxValue, long.MinValue, 1.5, 1e300], 1)[0],
        3 => new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => Value(cast, random, good))]),
        4 => new JsonObject { ["id"] = Text(random), ["client"] = Text(random) },
        5 => Ids.New(),
        6 => cast.Owner.Id,
        7 => good?.DeepClone(),
        _ => Text(random),
    };

    private static string Text(Random random) => random.GetItems(Values, 1)[0];
}
