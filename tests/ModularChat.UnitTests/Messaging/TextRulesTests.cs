using ModularChat.Contracts;
using ModularChat.Messaging.Sending;

namespace ModularChat.UnitTests.Messaging;

public sealed class TextRulesTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("two\nlines\tand a tab")]
    [InlineData("مرحبا 你好 नमस्ते 👩‍👩‍👧‍👦 e\u0301 \u200F \uFEFF")]
    [InlineData(" ")]
    public void Text_of_any_script_passes(string text) => Should.NotThrow(() => TextRules.CheckMessage(text, 100));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("a\rb")]
    [InlineData("\u001b[31m")]
    [InlineData("\u007f")]
    [InlineData("\u0085")]
    public void Empty_text_and_control_characters_are_refused(string? text) => Refused(() => TextRules.CheckMessage(text, 100)).ShouldBe("invalid_text");

    // Lone surrogates as numbers: a test runner's report may not be able to write them.
    [Theory]
    [InlineData(0xD83D, 'a')]
    [InlineData('a', 0xD83D)]
    [InlineData(0xDE00, 'a')]
    [InlineData(0xDE00, 0xD83D)]
    public void Lone_surrogates_are_refused(int first, int second) =>
        Refused(() => TextRules.CheckMessage(new string([(char)first, (char)second]), 100)).ShouldBe("invalid_text");

    [Fact]
    public void The_limit_counts_code_units_and_is_named()
    {
        Should.NotThrow(() => TextRules.CheckMessage(new string('x', 100), 100));
        var refusal = Should.Throw<ChatException>(() => TextRules.CheckMessage(new string('x', 101), 100));
        refusal.Code.ShouldBe(ProblemCodes.TooLong);
        refusal.Limit.ShouldBe(100);
        refusal.Field.ShouldBe("text");
    }

    [Theory]
    [InlineData("👍", null)]
    [InlineData("👩‍👩‍👧‍👦", null)]
    [InlineData("🇨🇭", null)]
    [InlineData("❤️", null)]
    [InlineData("", "invalid_text")]
    [InlineData(" ", "invalid_text")]
    [InlineData("👍👍", "invalid_text")]
    [InlineData("\n", "invalid_text")]
    public void A_reaction_is_one_visible_character(string emoji, string? code)
    {
        if (code is null)
        {
            Should.NotThrow(() => TextRules.CheckEmoji(emoji));
        }
        else
        {
            Refused(() => TextRules.CheckEmoji(emoji)).ShouldBe(code);
        }
    }

    [Fact]
    public void A_reaction_of_too_many_bytes_is_refused() =>
        Refused(() => TextRules.CheckEmoji("e" + new string('\u0301', 40))).ShouldBe("too_long");

    [Theory]
    [InlineData("  ")]
    [InlineData("two\nlines")]
    [InlineData("")]
    public void A_title_is_one_line_that_can_be_seen(string title) => Refused(() => TextRules.CheckTitle(title)).ShouldBe("invalid_text");

    [Fact]
    public void A_title_has_at_most_100_characters() => Refused(() => TextRules.CheckTitle(new string('t', 101))).ShouldBe("too_long");

    private static string Refused(Action check) => Should.Throw<ChatException>(check).Code.Code;
}
