using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ModularChat.Host.Description;

/// <summary>The OpenAPI document, made from the endpoints once and kept.</summary>
internal sealed class ApiDocument([FromKeyedServices(ApiDocument.Name)] IOpenApiDocumentProvider provider)
{
    public const string Name = "v1";
    public const string Path = "/api/v1/openapi.json";

    private readonly Lock _gate = new();
    private Task<string>? _json;

    /// <summary>The document as indented JSON; the same bytes in every process of this version and these limits.</summary>
    public Task<string> JsonAsync()
    {
        lock (_gate)
        {
            // Not bound to the one who asks first.
            return _json is null or { IsCompletedSuccessfully: false, IsCompleted: true } ? _json = MakeAsync(CancellationToken.None) : _json;
        }
    }

    private async Task<string> MakeAsync(CancellationToken token)
    {
        var document = await provider.GetOpenApiDocumentAsync(token);
        return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, token) + "\n";
    }
}
