using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModularChat.IntegrationTests.Description;

/// <summary>
/// JSON Schema as far as the document uses it, and stricter: a field that the schema does not name is wrong, since then the
/// document lacks it. A keyword that is not known here fails, so that nothing is passed over.
/// </summary>
internal sealed class SchemaCheck(JsonObject document)
{
    private static readonly HashSet<string> Known =
        ["$ref", "type", "format", "enum", "properties", "required", "items", "additionalProperties", "anyOf", "allOf", "description", "default"];

    public IEnumerable<string> Check(JsonNode schema, JsonNode? value, string at)
    {
        var own = Resolve(schema);
        foreach (var keyword in own.Where(k => !Known.Contains(k.Key)))
        {
            yield return $"{at}: the check does not know {keyword.Key}";
        }
        var names = Names(own);
        foreach (var wrong in Parts(own, "allOf").Append(own).SelectMany(part => Single(Resolve(part), value, at)))
        {
            yield return wrong;
        }
        if (value is JsonObject fields && names.Count > 0 && own["additionalProperties"] is null)
        {
            foreach (var name in fields.Select(f => f.Key).Where(n => !names.Contains(n)))
            {
                yield return $"{at}.{name} is not documented";
            }
        }
        var choices = Parts(own, "anyOf");
        if (choices.Count > 0 && !choices.Exists(c => !Check(c, value, at).Any()))
        {
            yield return $"{at} is none of the {choices.Count} shapes: {value?.ToJsonString()}";
        }
    }

    private IEnumerable<string> Single(JsonObject schema, JsonNode? value, string at)
    {
        var type = schema["type"]?.GetValue<string>();
        if (type is not null && !IsOf(type, value))
        {
            yield return $"{at} is {value?.ToJsonString() ?? "null"}, but must be of type {type}";
            yield break;
        }
        if (schema["enum"] is JsonArray allowed && !allowed.Any(a => JsonNode.DeepEquals(a, value)))
        {
            yield return $"{at} is {value?.ToJsonString()}, which is not one of {allowed.ToJsonString()}";
        }
        if (schema["format"]?.GetValue<string>() is { } format && type == "string" && !HasFormat(format, value!.GetValue<string>()))
        {
            yield return $"{at} is not a {format}";
        }
        if (value is JsonObject fields)
        {
            foreach (var name in schema["required"]?.AsArray().Select(n => n!.GetValue<string>()).Where(n => !fields.ContainsKey(n)) ?? [])
            {
                yield return $"{at}.{name} is missing";
            }
            foreach (var (name, field) in fields)
            {
                var inner = schema["properties"]?[name] ?? schema["additionalProperties"] as JsonObject;
                foreach (var wrong in inner is null ? [] : Check(inner, field, $"{at}.{name}"))
                {
                    yield return wrong;
                }
            }
        }
        if (value is JsonArray items && schema["items"] is { } item)
        {
            foreach (var wrong in items.SelectMany((each, i) => Check(item, each, string.Create(CultureInfo.InvariantCulture, $"{at}[{i}]"))))
            {
                yield return wrong;
            }
        }
    }

    /// <summary>The fields that a schema names, with those of its parts.</summary>
    private HashSet<string> Names(JsonObject schema) =>
        [.. (schema["properties"] as JsonObject ?? []).Select(p => p.Key), .. Parts(schema, "allOf").SelectMany(part => Names(Resolve(part)))];

    private JsonObject Resolve(JsonNode schema) =>
        schema["$ref"]?.GetValue<string>() is { } reference
            ? reference[2..].Split('/').Aggregate((JsonNode)document, (node, name) => node[name] ?? throw new InvalidDataException($"There is no {reference}.")).AsObject()
            : schema.AsObject();

    private static List<JsonNode> Parts(JsonObject schema, string keyword) => [.. schema[keyword]?.AsArray().Select(p => p!) ?? []];

    private static bool IsOf(string type, JsonNode? value) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value?.GetValueKind() == JsonValueKind.String,
        "boolean" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        "number" => value?.GetValueKind() == JsonValueKind.Number,
        "integer" => value?.GetValueKind() == JsonValueKind.Number && value.AsValue().TryGetValue<long>(out _),
        _ => false,
    };

    private static bool HasFormat(string format, string text) => format switch
    {
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _) && text.Contains('T', StringComparison.Ordinal),
        _ => false,
    };
}
