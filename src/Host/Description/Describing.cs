using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using ModularChat.Host.Edge;

namespace ModularChat.Host.Description;

/// <summary>Puts what <see cref="OperationList"/> and the handlers' own types say onto the endpoints, where the document is made from it.</summary>
internal static partial class Describing
{
    public const string Prefix = "/api/v1";

    public static void WithDescriptions(this IEndpointConventionBuilder endpoints) => endpoints.Finally(Describe);

    /// <summary>The row of an endpoint; null when it has none.</summary>
    public static Operation? Find(RouteEndpointBuilder endpoint)
    {
        var methods = endpoint.Metadata.OfType<HttpMethodMetadata>().LastOrDefault()?.HttpMethods;
        var path = Constraint().Replace(endpoint.RoutePattern.RawText ?? "", "}");
        return methods is [var method]
            ? OperationList.All.FirstOrDefault(o => o.Method == method && Prefix + o.Path == path)
            : null;
    }

    private static void Describe(EndpointBuilder builder)
    {
        if (builder is not RouteEndpointBuilder route || Find(route) is not { } operation)
        {
            return;
        }
        var metadata = builder.Metadata;
        foreach (var guess in metadata.OfType<IProducesResponseTypeMetadata>().ToList())
        {
            metadata.Remove(guess);
        }
        metadata.Add(operation);
        metadata.Add(new EndpointNameMetadata(operation.Id));
        metadata.Add(new EndpointSummaryAttribute(operation.Summary));
        metadata.Add(new TagsAttribute(operation.Tag));

        var (status, answer) = Success(metadata.OfType<MethodInfo>().Single().ReturnType);
        foreach (var each in operation.Statuses.DefaultIfEmpty(status))
        {
            var type = operation.Answer ?? answer;
            metadata.Add(type is null ? new ProducesResponseTypeMetadata(each, typeof(void)) : new ProducesResponseTypeMetadata(each, type, [operation.MediaType]));
        }
        var hasBody = metadata.OfType<IAcceptsMetadata>().Any();
        var hasParameters = operation.Path.Contains('{', StringComparison.Ordinal) || operation.Method == "GET";
        foreach (var problems in OperationList.ProblemsOf(operation, hasBody, hasParameters).GroupBy(c => c.Status))
        {
            metadata.Add(new ProducesResponseTypeMetadata(problems.Key, typeof(Problem), ["application/problem+json"]));
        }
    }

    /// <summary>Status and type of the answer that a handler's return type promises.</summary>
    private static (int Status, Type? Answer) Success(Type type)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>))
        {
            type = type.GetGenericArguments()[0];
        }
        if (type == typeof(NoContent))
        {
            return (StatusCodes.Status204NoContent, null);
        }
        if (type.IsGenericType && type.GetGenericTypeDefinition() is var generic && (generic == typeof(JsonHttpResult<>) || generic == typeof(Created<>)))
        {
            return (generic == typeof(Created<>) ? StatusCodes.Status201Created : StatusCodes.Status200OK, type.GetGenericArguments()[0]);
        }
        return typeof(IResult).IsAssignableFrom(type) ? (StatusCodes.Status200OK, null) : (StatusCodes.Status200OK, type);
    }

    [GeneratedRegex(":[a-z]+}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Constraint();
}
