using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ModularChat.Host.Description;

/// <summary>What the document says as a whole.</summary>
internal static class DocumentShape
{
    public const string Bearer = "bearer", ActAs = "actAs";

    public static Task ShapeAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken token)
    {
        document.Info = new OpenApiInfo
        {
            Title = "ModularChat",
            Version = "v1",
            Description = "Requests and answers. What they mean, the WebSocket, sync and the folding of entries: docs/protocol.md.",
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };
        // Wherever it was fetched from.
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [Bearer] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "A session token (mcs_…) or an application key (mck_…).",
            },
            [ActAs] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = "Act-As",
                Description = "With an application key: the id of the user to act as.",
            },
        };
        Schemas.DescribeBodies(document);
        foreach (var (name, schema) in document.Components.Schemas?.ToList() ?? [])
        {
            document.Components.Schemas![name] = Schemas.WithoutNull(schema);
        }
        foreach (var operation in document.Paths.Values.SelectMany(p => p.Operations ?? []).Select(o => o.Value))
        {
            Require(operation, document);
        }
        Limits(document, context.ApplicationServices.GetRequiredService<Limits>());
        document.Tags = OperationList.All.Select(o => o.Tag).Distinct(StringComparer.Ordinal).Select(t => new OpenApiTag { Name = t }).ToHashSet();
        return Task.CompletedTask;
    }

    /// <summary>Fields are optional in the types, so that a missing one is refused by its name; here they are what a client must send.</summary>
    private static void Require(OpenApiOperation operation, OpenApiDocument document)
    {
        var row = OperationList.All.Single(o => o.Id == operation.OperationId);
        foreach (var media in operation.RequestBody?.Content?.Values ?? [])
        {
            media.Schema = media.Schema is { } schema ? Schemas.WithoutNull(schema) : null;
            if (media.Schema is OpenApiSchemaReference { Reference.Id: { } id } && document.Components!.Schemas![id] is OpenApiSchema body)
            {
                body.Required = row.Needs.ToHashSet(StringComparer.Ordinal);
            }
        }
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            parameter.Schema = parameter.Schema is { } schema ? Schemas.WithoutNull(schema) : null;
        }
    }

    private static void Limits(OpenApiDocument document, Limits limits)
    {
        var names = limits.Values.Keys.Order(StringComparer.Ordinal).ToList();
        document.AddComponent("Limits", new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = names.ToHashSet(StringComparer.Ordinal),
            Properties = names.ToDictionary(
                n => n, IOpenApiSchema (_) => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" }, StringComparer.Ordinal),
        });
        document.Paths["/api/v1/limits"].Operations![HttpMethod.Get].Responses!["200"].Content!["application/json"].Schema = new OpenApiSchemaReference("Limits", document);
    }
}
