using System.Text.Json;
using ModularChat.Client;
using ModularChat.Client.Folding;
using ModularChat.Client.Wire;

namespace ModularChat.UnitTests.Client;

/// <summary>Runs tests/data/fold-vectors.json, which every SDK must pass.</summary>
public sealed class FoldVectorTests
{
    private static readonly JsonDocument File = JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fold-vectors.json")));

    public static TheoryData<string> Names => [.. File.RootElement.GetProperty("vectors").EnumerateArray().Select(vector => vector.GetProperty("name").GetString()!)];

    [Theory, MemberData(nameof(Names))]
    public void A_vector_folds_to_what_it_expects(string name)
    {
        var vector = File.RootElement.GetProperty("vectors").EnumerateArray().Single(vector => vector.GetProperty("name").GetString() == name);
        var fold = new ConversationFold(vector.GetProperty("me").GetGuid(), vector.GetProperty("keepEntries").GetInt32());
        foreach (var step in vector.GetProperty("steps").EnumerateArray())
        {
            Apply(fold, step);
        }
        Compare(fold, vector.GetProperty("expect"));
    }

    [Fact]
    public void A_vector_with_another_expectation_fails()
    {
        var vector = File.RootElement.GetProperty("vectors")[0];
        var fold = new ConversationFold(vector.GetProperty("me").GetGuid(), 1000);
        foreach (var step in vector.GetProperty("steps").EnumerateArray())
        {
            Apply(fold, step);
        }
        using var wrong = JsonDocument.Parse("""{"have":3,"timeline":[{"seq":1},{"seq":2,"text":"b"},{"seq":3,"text":"b"}]}""");
        Should.Throw<ShouldAssertException>(() => Compare(fold, wrong.RootElement));
    }

    private static void Apply(ConversationFold fold, JsonElement step)
    {
        var what = step.EnumerateObject().First();
        var outcome = step.TryGetProperty("outcome", out var text) ? Enum.Parse<FoldOutcome>(text.GetString()!, ignoreCase: true) : (FoldOutcome?)null;
        switch (what.Name)
        {
            case "conversation":
                fold.ApplyState(what.Value.Deserialize(ClientJson.Default.ConversationState)!);
                break;
            case "entry":
                fold.Apply(what.Value.Deserialize(ClientJson.Default.Entry)!).ShouldBe(outcome!.Value, what.Value.ToString());
                break;
            case "page":
                fold.ApplyPage(what.Value.Deserialize(ClientJson.Default.ConversationSync)!).ShouldBe(outcome!.Value);
                break;
            case "history":
                fold.ApplyHistory(what.Value.Deserialize(ClientJson.Default.HistoryPage)!, step.GetProperty("wanted").GetInt64()).ShouldBe(step.GetProperty("mended").GetBoolean());
                break;
            case "older":
                fold.ApplyOlder(what.Value.Deserialize(ClientJson.Default.HistoryPage)!);
                break;
            case "me":
                fold.ApplyMe(what.Value.Deserialize(ClientJson.Default.OwnState)!);
                break;
            case "marks":
                fold.ApplyMarks(what.Value.EnumerateArray().Select(mark => mark.Deserialize(ClientJson.Default.MemberMarks)!).ToList());
                break;
            default:
                throw new InvalidOperationException($"There is no step {what.Name}.");
        }
    }

    private static void Compare(ConversationFold fold, JsonElement expect)
    {
        foreach (var part in expect.EnumerateObject())
        {
            switch (part.Name)
            {
                case "have":
                    fold.Have.ShouldBe(part.Value.GetInt64());
                    break;
                case "unread":
                    fold.State.Me.Unread.ShouldBe(part.Value.GetInt64());
                    break;
                case "gaps":
                    fold.Gaps.ShouldBe([.. part.Value.EnumerateArray().Select(gap => new SeqRange(gap.GetProperty("from").GetInt64(), gap.GetProperty("to").GetInt64()))]);
                    break;
                case "timeline":
                    fold.Timeline.Select(Row).ShouldBe(part.Value.EnumerateArray().Select(row => Canonical(row)));
                    break;
                case "state":
                    Contains(JsonSerializer.SerializeToElement(fold.State, ClientJson.Default.ConversationState), part.Value, "state");
                    break;
                case "me":
                    Contains(JsonSerializer.SerializeToElement(fold.State.Me, ClientJson.Default.OwnState), part.Value, "me");
                    break;
                default:
                    throw new InvalidOperationException($"There is no expectation {part.Name}.");
            }
        }
    }

    /// <summary>What a row of the expected timeline says, from an entry.</summary>
    private static string Row(Entry entry)
    {
        var json = JsonSerializer.SerializeToElement(entry with { Body = null }, ClientJson.Default.Entry);
        var parts = json.EnumerateObject().Where(part => part.Name is "seq" or "changed" or "editedAt" or "isDeleted" or "isPinned" or "reactions").ToDictionary(part => part.Name, part => part.Value);
        if (entry is { Kind: EntryKind.Message, Text: { } text })
        {
            parts["text"] = JsonSerializer.SerializeToElement(text);
        }
        return Canonical(JsonSerializer.SerializeToElement(parts));
    }

    private static string Canonical(JsonElement element) => string.Join(
        ", ", element.EnumerateObject().OrderBy(part => part.Name, StringComparer.Ordinal).Select(part => $"{part.Name}={Value(part)}"));

    private static string Value(JsonProperty part) =>
        part.Name == "editedAt" ? part.Value.GetDateTimeOffset().ToString("O", null) : JsonSerializer.Serialize(part.Value);

    private static void Contains(JsonElement actual, JsonElement expected, string path)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var part in expected.EnumerateObject())
                {
                    var isThere = actual.TryGetProperty(part.Name, out var value);
                    isThere.ShouldBe(part.Value.ValueKind != JsonValueKind.Null, $"{path}.{part.Name}");
                    if (!isThere)
                    {
                        continue;
                    }
                    Contains(value, part.Value, $"{path}.{part.Name}");
                }
                break;
            case JsonValueKind.Array:
                actual.GetArrayLength().ShouldBe(expected.GetArrayLength(), path);
                for (var i = 0; i < expected.GetArrayLength(); i++)
                {
                    Contains(actual[i], expected[i], $"{path}[{i}]");
                }
                break;
            default:
                actual.ToString().ShouldBe(expected.ToString(), path);
                break;
        }
    }
}
