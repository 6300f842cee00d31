using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using ModularChat.Host;
using ModularChat.Host.Description;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Description;

public sealed class DescriptionTests
{
    /// <summary>Not operations: the stream of frames, and the document itself.</summary>
    private static readonly string[] Others = ["/api/v1/ws", ApiDocument.Path];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_committed_documents_are_what_the_code_makes()
    {
        await using var app = Server.Build([]);

        foreach (var (name, text) in await DocumentWriter.MakeAsync(app))
        {
            (await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "docs", name), Cancel))
                .ShouldBe(text, $"docs/{name} is old: dotnet run --project src/Host -- --write-docs docs");
        }
    }

    [Fact]
    public async Task The_server_hands_its_document_to_anybody()
    {
        await using var server = await ChatServer.StartAsync();

        var served = JsonNode.Parse(await server.Anonymous.GetStringAsync("openapi.json", Cancel));

        JsonNode.DeepEquals(served, ApiDescription.Committed.Document).ShouldBeTrue();
        served!["openapi"]!.GetValue<string>().ShouldStartWith("3.1");
    }

    [Fact]
    public async Task Every_endpoint_is_described_and_every_description_has_its_endpoint()
    {
        await using var app = Server.Build([]);
        var endpoints = ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith(Describing.Prefix, StringComparison.Ordinal) && !Others.Contains(e.RoutePattern.RawText)).ToList();

        endpoints.Where(e => e.Metadata.GetMetadata<Operation>() is null).Select(e => e.DisplayName).ShouldBeEmpty();
        endpoints.Select(e => e.Metadata.GetMetadata<Operation>()!).ShouldBe(OperationList.All, ignoreOrder: true);
        ApiDescription.Committed.OperationIds.ShouldBe(OperationList.All.Select(o => o.Id), ignoreOrder: true);
    }

    [Fact]
    public async Task The_page_and_its_files_come_from_the_server_alone()
    {
        await using var server = await ChatServer.StartAsync();

        var page = await server.Anonymous.GetStringAsync("/docs/api/index.html", Cancel);

        page.ShouldContain("swagger-ui-bundle.js");
        page.ShouldNotContain("src=\"http");
        page.ShouldNotContain("href=\"http");
        foreach (var file in new[] { "swagger-ui-bundle.js", "swagger-ui.css", "index.js" })
        {
            (await server.Anonymous.GetAsync("/docs/api/" + file, Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK, file);
        }
        (await server.Anonymous.GetStringAsync("/docs/api/index.js", Cancel)).ShouldContain(ApiDocument.Path);
    }

    [Fact]
    public void An_answer_that_the_document_does_not_allow_is_found()
    {
        var description = ApiDescription.Committed;
        var me = description.Find(HttpMethod.Get, "/api/v1/me")!;
        const string user = """{"id":"0198c4a0-0000-7000-8000-000000000000","name":"a","displayName":"A","avatarColour":"#000000","statusText":""}""";

        description.Check(me, 200, "application/json", $$"""{"user":{{user}},"isAdministrator":true,"timeZone":"UTC"}""").ShouldBeEmpty();
        description.Check(me, 202, "application/json", "{}").ShouldHaveSingleItem().ShouldContain("202");
        description.Check(me, 200, "text/plain", "{}").ShouldHaveSingleItem().ShouldContain("text/plain");
        description.Check(me, 200, "application/json", $$"""{"user":{{user}},"isAdministrator":"yes","timeZone":"UTC","more":1}""").Count().ShouldBe(2);
        description.Check(me, 200, "application/json", $$"""{"user":{{user}},"isAdministrator":true}""").ShouldHaveSingleItem().ShouldContain("timeZone");
        description.Check(me, 401, "application/problem+json", """{"type":"about:blank","title":"t","status":401,"code":"not_found","detail":"d","retryable":false}""")
            .ShouldHaveSingleItem().ShouldContain("not_found");
    }
}
