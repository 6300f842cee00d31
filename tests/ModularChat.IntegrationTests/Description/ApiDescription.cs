using System.Text.Json.Nodes;

namespace ModularChat.IntegrationTests.Description;

/// <summary>The committed OpenAPI document, as far as answers are held against it.</summary>
internal sealed class ApiDescription
{
    private readonly List<(string Method, string[] Path, JsonObject Operation)> _operations = [];

    private ApiDescription(JsonObject document)
    {
        Document = document;
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in item!.AsObject())
            {
                _operations.Add((method.ToUpperInvariant(), path.Split('/'), operation!.AsObject()));
            }
        }
    }

    public static ApiDescription Committed { get; } =
        new(JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "openapi.json")))!.AsObject());

    public JsonObject Document { get; }

    public IEnumerable<string> OperationIds => _operations.Select(o => o.Operation["operationId"]!.GetValue<string>());

    /// <summary>The operation of a request; a path with fewer parameters wins, as in the router.</summary>
    public JsonObject? Find(HttpMethod method, string path)
    {
        var parts = path.Split('/');
        return _operations.Where(o => o.Method == method.Method && Fits(o.Path, parts)).OrderBy(o => o.Path.Count(IsParameter)).Select(o => o.Operation).FirstOrDefault();
    }

    /// <summary>What is wrong with an answer; empty when nothing.</summary>
    public IEnumerable<string> Check(JsonObject operation, int status, string? mediaType, string body)
    {
        if (operation["responses"]?[status.ToString(System.Globalization.CultureInfo.InvariantCulture)] is not { } response)
        {
            return [$"the status {status} is not documented"];
        }
        if (response["content"] is not { } content)
        {
            return body.Length == 0 ? [] : ["a body is not documented"];
        }
        return mediaType is null || content[mediaType]?["schema"] is not { } schema
            ? [$"the media type {mediaType} is not documented"]
            : new SchemaCheck(Document).Check(schema, JsonNode.Parse(body), "$");
    }

    private static bool Fits(string[] template, string[] path) =>
        template.Length == path.Length && template.Zip(path).All(p => IsParameter(p.First) || p.First.Equals(p.Second, StringComparison.OrdinalIgnoreCase));

    private static bool IsParameter(string part) => part.StartsWith('{');
}
