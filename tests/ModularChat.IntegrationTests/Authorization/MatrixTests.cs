using System.Net.Http.Json;
using System.Text.Json;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Authorization;

/// <summary>Every operation as nobody, as another user, as a former member and as a blocked one.</summary>
public sealed class MatrixTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_request_answers_each_as_the_table_says_and_changes_nothing_for_those_it_refuses()
    {
        await using var server = await ChatServer.StartAsync(settings: Integrator.Settings);
        var owner = await server.RegisterAsync("owner");
        using var integrator = await Integrator.FromFolderAsync(server.Url, server.Folder);
        var wrong = new List<string>();
        foreach (var operation in Operation.All)
        {
            var cast = await Cast.MakeAsync(integrator, owner);
            var before = await cast.StateAsync();
            await CheckAsync("nobody", server.Anonymous, operation.PathFor(cast, direct: false), operation.Nobody);
            await CheckAsync("a stranger", cast.Stranger.Http, operation.PathFor(cast, direct: false), operation.Stranger);
            await CheckAsync("a former member", cast.Former.Http, operation.PathFor(cast, direct: false), operation.Former);
            await CheckAsync("a blocked one", cast.Blocked.Http, operation.PathFor(cast, direct: true), operation.Blocked);
            if (await cast.StateAsync() is var after && after != before)
            {
                wrong.Add($"{operation.Name} changed what was '{before}' to '{after}'.");
            }
            await CheckAsync("a member", cast.Member.Http, operation.PathFor(cast, direct: false), operation.Member);

            async Task CheckAsync(string who, HttpClient client, string path, string expected)
            {
                var answer = await AnswerAsync(client, operation, path);
                if (answer != expected)
                {
                    wrong.Add($"{operation.Name} as {who}: {answer}, not {expected}.");
                }
            }
        }
        wrong.ShouldBeEmpty(string.Join('\n', wrong));
    }

    [Fact]
    public async Task The_table_has_every_request_that_is_mapped()
    {
        await using var server = await ChatServer.StartAsync();

        var table = Operation.All.Select(o => o.Name).ToArray();
        server.Requests.Except(table, StringComparer.Ordinal).ShouldBeEmpty("Say in Operation.All who may send these.");
        table.Except(server.Requests, StringComparer.Ordinal).ShouldBeEmpty("Operation.All has what is not mapped.");
    }

    private static async Task<string> AnswerAsync(HttpClient client, Operation operation, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(operation.Method), path) { Content = operation.Body is null ? null : JsonContent.Create(operation.Body) };
        // The answer of a stream of events has no end.
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        if (response.IsSuccessStatusCode)
        {
            return "ok";
        }
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
        return problem.RootElement.GetProperty("code").GetString()!;
    }
}
