using ModularChat.Host.Operations;

namespace ModularChat.Host.Description;

/// <summary>The API's description, for programs and as a page for people.</summary>
internal static class DescriptionModule
{
    private const string Page = "docs/api";

    public static void AddDescription(this IServiceCollection services)
    {
        services.AddOpenApi(ApiDocument.Name, options =>
        {
            options.ShouldInclude = endpoint => endpoint.ActionDescriptor.EndpointMetadata.OfType<Operation>().Any();
            options.AddSchemaTransformer(Schemas.ShapeAsync);
            options.AddOperationTransformer(OperationShape.ShapeAsync);
            options.AddDocumentTransformer(DocumentShape.ShapeAsync);
        });
        services.AddSingleton<ApiDocument>();
    }

    /// <summary>Before all else: the page's files are public, and no fallback may answer in their place.</summary>
    public static void UseDescriptionPage(this WebApplication app) => app.UseSwaggerUI(o =>
    {
        o.RoutePrefix = Page;
        o.DocumentTitle = $"ModularChat {ProgramVersion.Text}";
        o.SwaggerEndpoint(ApiDocument.Path, "ModularChat");
        // The page asks nobody but this server.
        o.EnableValidator(null);
        o.DisplayOperationId();
        o.DefaultModelsExpandDepth(0);
    });

    public static void MapDescription(this IEndpointRouteBuilder routes) =>
        routes.MapGet(ApiDocument.Path, async (ApiDocument document) => Results.Text(await document.JsonAsync(), "application/json"));
}
