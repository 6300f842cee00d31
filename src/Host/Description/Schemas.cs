using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Host.Description;

/// <summary>Makes the schemas say what the wire says: what is never absent is required, and nothing is ever null.</summary>
internal static class Schemas
{
    private static readonly (EntryKind Kind, Type Body)[] Bodies =
    [
        (EntryKind.Created, typeof(CreatedBody)), (EntryKind.Message, typeof(MessageBody)), (EntryKind.Edited, typeof(MessageBody)),
        (EntryKind.Reaction, typeof(ReactionBody)), (EntryKind.Pinned, typeof(PinnedBody)), (EntryKind.Members, typeof(MembersBody)),
        (EntryKind.Settings, typeof(SettingsBody)), (EntryKind.Signal, typeof(SignalBody)), (EntryKind.Call, typeof(CallBody)),
    ];

    public static async Task ShapeAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken token)
    {
        var type = context.JsonTypeInfo;
        if (type.Kind != JsonTypeInfoKind.Object || schema.Properties is null)
        {
            return;
        }
        schema.Required = type.Properties.Where(p => IsAlwaysThere(p) && schema.Properties.ContainsKey(p.Name)).Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        if (type.Type == typeof(Entry))
        {
            foreach (var body in Bodies.Select(b => b.Body).Distinct())
            {
                context.Document!.AddComponent(body.Name, await context.GetOrCreateSchemaAsync(body, parameterDescription: null, token));
            }
        }
    }

    /// <summary>Takes null out of a schema and all below it: absent instead of null.</summary>
    public static IOpenApiSchema WithoutNull(IOpenApiSchema schema)
    {
        if (schema is not OpenApiSchema own)
        {
            return schema;
        }
        if (own.OneOf is { Count: 2 } choice && choice.FirstOrDefault(s => s is not OpenApiSchema { Type: JsonSchemaType.Null }) is { } only
            && choice.Any(s => s is OpenApiSchema { Type: JsonSchemaType.Null }))
        {
            return WithoutNull(only);
        }
        own.Type &= ~JsonSchemaType.Null;
        foreach (var (name, property) in own.Properties?.ToList() ?? [])
        {
            own.Properties![name] = WithoutNull(property);
        }
        if (own.Items is { } items)
        {
            own.Items = WithoutNull(items);
        }
        if (own.Enum is { } values)
        {
            own.Enum = [.. values.Where(v => v is not null)];
        }
        return own;
    }

    private static bool IsAlwaysThere(JsonPropertyInfo property) =>
        property.PropertyType.IsValueType ? Nullable.GetUnderlyingType(property.PropertyType) is null : !property.IsGetNullable;

    /// <summary>The body of an entry is kept as bytes, so its type does not say what is in it.</summary>
    public static void DescribeBodies(OpenApiDocument document)
    {
        document.Components!.Schemas!.Remove(nameof(JsonBody));
        var entry = (OpenApiSchema)document.Components.Schemas[nameof(Entry)];
        entry.Properties!["body"] = new OpenApiSchema
        {
            Description = "By kind: " + string.Join(", ", Bodies.Select(b => $"{b.Kind.ToString().ToLowerInvariant()} {b.Body.Name}")) + ". Absent in deleted entries, and where the reader may not see the message.",
            AnyOf = [.. Bodies.Select(b => b.Body.Name).Distinct(StringComparer.Ordinal).Select(n => new OpenApiSchemaReference(n, document))],
        };
    }
}
