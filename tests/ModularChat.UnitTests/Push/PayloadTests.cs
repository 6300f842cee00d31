using System.Text;
using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Notifications.Providers;

namespace ModularChat.UnitTests.Push;

public sealed class PayloadTests
{
    [Theory]
    [InlineData("x", 100_000)]
    [InlineData("ж", 100_000)]
    [InlineData("😀", 100_000)]
    [InlineData("\"", 100_000)]
    [InlineData("x", 10)]
    public void A_text_is_cut_to_what_fits_and_between_characters(string character, int count)
    {
        var text = string.Concat(Enumerable.Repeat(character, count));
        var payload = new PushPayload { Id = Ids.New(), Kind = "message", Text = text };

        var json = payload.ToJson(3000);

        json.Length.ShouldBeLessThanOrEqualTo(3000);
        var read = JsonDocument.Parse(json).RootElement;
        var kept = read.GetProperty("text").GetString()!;
        text.ShouldStartWith(kept);
        new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(kept).ShouldBe(Encoding.UTF8.GetByteCount(character) * kept.Length / character.Length);
        read.TryGetProperty("truncated", out _).ShouldBe(kept.Length < text.Length);
        if (kept.Length < text.Length)
        {
            json.Length.ShouldBeGreaterThan(2980, "as much as fits is sent");
        }
    }

    [Fact]
    public void What_is_not_said_is_not_there() =>
        Encoding.UTF8.GetString(new PushPayload { Id = Guid.Empty, Kind = "test" }.ToJson(3000)).ShouldBe("""{"id":"00000000-0000-0000-0000-000000000000","kind":"test"}""");
}
