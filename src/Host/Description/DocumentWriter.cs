namespace ModularChat.Host.Description;

/// <summary>Writes the documents that are made from the code; needs neither data folder nor network.</summary>
internal static class DocumentWriter
{
    /// <summary>The documents by file name.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> MakeAsync(WebApplication app)
    {
        // The endpoints become known to the description only here or at a start.
        ((IApplicationBuilder)app).UseEndpoints(_ => { });
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["openapi.json"] = await app.Services.GetRequiredService<ApiDocument>().JsonAsync(),
            ["errors.md"] = ErrorTable.Make(),
        };
    }

    public static async Task WriteAsync(WebApplication app, string folder, CancellationToken token)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, text) in await MakeAsync(app))
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), text, token);
        }
    }
}
