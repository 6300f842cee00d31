using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using ModularChat.Contracts;

namespace ModularChat.Host.Description;

/// <summary>Credentials, needed fields and the codes of problems of one operation.</summary>
internal static class OperationShape
{
    public static Task ShapeAsync(OpenApiOperation shape, OpenApiOperationTransformerContext context, CancellationToken token)
    {
        var operation = context.Description.ActionDescriptor.EndpointMetadata.OfType<Operation>().Last();
        var document = context.Document!;
        if (!operation.IsAnonymous)
        {
            var bearer = new OpenApiSecuritySchemeReference(DocumentShape.Bearer, document);
            var actAs = new OpenApiSecuritySchemeReference(DocumentShape.ActAs, document);
            shape.Security = [new() { [bearer] = [] }, new() { [bearer] = [], [actAs] = [] }];
        }
        foreach (var (place, name) in operation.Parameters)
        {
            shape.Parameters ??= [];
            shape.Parameters.Add(new OpenApiParameter
            {
                Name = name,
                In = place == "query" ? ParameterLocation.Query : ParameterLocation.Header,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }
        var hasBody = shape.RequestBody is not null;
        if (shape.RequestBody is OpenApiRequestBody body)
        {
            body.Required = !operation.BodyIsOptional;
        }
        var codes = OperationList.ProblemsOf(operation, hasBody, shape.Parameters is { Count: > 0 } || operation.Method == "GET").ToLookup(c => c.Status);
        foreach (var (status, response) in shape.Responses ?? [])
        {
            var of = codes[int.Parse(status, System.Globalization.CultureInfo.InvariantCulture)].ToList();
            if (of.Count > 0 && response is OpenApiResponse own)
            {
                own.Description = string.Join(" ", of.Select(c => $"{c.Code}: {c.Title}"));
                own.Content!["application/problem+json"].Schema = ProblemSchema(of, document);
            }
        }
        return Task.CompletedTask;
    }

    private static OpenApiSchema ProblemSchema(List<ProblemCode> codes, OpenApiDocument document) => new()
    {
        AllOf =
        [
            new OpenApiSchemaReference("Problem", document),
            new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
                {
                    ["code"] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. codes.Select(c => (JsonNode)c.Code)] },
                },
            },
        ],
    };
}
