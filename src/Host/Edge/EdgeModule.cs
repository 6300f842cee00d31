using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ModularChat.Contracts;

namespace ModularChat.Host.Edge;

/// <summary>What all HTTP endpoints share: credentials, JSON and problems.</summary>
internal static class EdgeModule
{
    public static void AddEdge(this IServiceCollection services)
    {
        // The core alone: the full registration writes data protection keys into the home folder, and nothing here uses them.
        services.AddAuthenticationCore(o =>
        {
            o.AddScheme<CredentialsHandler>(CredentialsHandler.SchemeName, displayName: null);
            o.DefaultScheme = CredentialsHandler.SchemeName;
        });
        services.AddWebEncoders();
        services.AddAuthorization();
        services.ConfigureHttpJsonOptions(o => Configure(o.SerializerOptions));
        // A body that does not bind becomes an exception, and so a problem, and not an empty 400.
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
    }

    public static void UseEdge(this WebApplication app)
    {
        app.UseMiddleware<RequestLogMiddleware>();
        app.UseMiddleware<ProblemMiddleware>();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
    }

    /// <summary>Strict: a number is not a text, a name comes once, nesting is bounded. Unknown fields are passed over.</summary>
    private static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.AllowDuplicateProperties = false;
        options.MaxDepth = 32;
        // Contracts are made at compile time; the bodies of single endpoints by reflection.
        options.TypeInfoResolverChain.Insert(0, ContractsJson.Default);
        options.TypeInfoResolverChain.Add(new DefaultJsonTypeInfoResolver());
    }
}
