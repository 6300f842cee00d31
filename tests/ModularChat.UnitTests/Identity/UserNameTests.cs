using ModularChat.Contracts;
using ModularChat.Identity.Names;

namespace ModularChat.UnitTests.Identity;

public sealed class UserNameTests
{
    [Theory]
    [InlineData("bob")]
    [InlineData("Bob_1.2-3")]
    [InlineData("_bob_")]
    [InlineData("123")]
    [InlineData("Жанна")]
    [InlineData("Ωμέγα7")]
    [InlineData("Müller")]
    [InlineData("Nguyễn")]
    [InlineData("山田太郎")]
    [InlineData("やまだタロウ山")]
    [InlineData("김철수金")]
    [InlineData("محمد١٢٣")]
    [InlineData("דוד-לוי")]
    [InlineData("हिन्दी")]
    [InlineData("தமிழ்")]
    [InlineData("สมชาย")]
    [InlineData("ქართული")]
    [InlineData("Հայկ")]
    [InlineData("አበበ.1")]
    [InlineData("𐌰𐌱𐌲")]
    public void Letters_and_digits_of_one_script_are_a_name(string name) => UserNames.Check(name).ShouldBe(name.Normalize(System.Text.NormalizationForm.FormKC));

    [Theory]
    [InlineData("раypal", "Cyrillic and Latin")]
    [InlineData("bοb", "a Greek letter among Latin ones")]
    [InlineData("김やま", "Hangul and Hiragana")]
    [InlineData("Bob太郎", "Latin and Han")]
    [InlineData("हितமி", "two Indic scripts")]
    [InlineData("bob١٢", "Arabic digits after Latin letters")]
    [InlineData("bob\u0301\u0302", "marks that belong to no letter of the name")]
    [InlineData("\u093Fabc", "a mark first")]
    [InlineData("...", "no letter")]
    [InlineData("a b", "a blank")]
    [InlineData("bob!", "a sign")]
    [InlineData("bob\u200D", "a joiner that cannot be seen")]
    [InlineData("\u3164\u3164\u3164", "fillers that cannot be seen")]
    [InlineData("محـمد", "a stretched word")]
    [InlineData("bob\u0000", "a control character")]
    [InlineData("b😀b", "a picture")]
    [InlineData("bob²½", "a fraction")]
    public void Everything_else_is_not(string name, string why) =>
        Should.Throw<ChatException>(() => UserNames.Check(name), why).Field.ShouldBe("name", why);

    [Theory]
    [InlineData("ab", false)]
    [InlineData("abc", true)]
    [InlineData("abcdefghijklmnopqrstuvwxyz123456", true)]
    [InlineData("abcdefghijklmnopqrstuvwxyz1234567", false)]
    [InlineData("𐌰𐌱𐌲𐌰𐌱𐌲𐌰𐌱𐌲𐌰𐌱𐌲𐌰𐌱𐌲𐌰𐌱𐌲𐌰𐌱𐌲", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_name_has_3_to_32_characters(string? name, bool isName)
    {
        if (isName)
        {
            UserNames.Check(name).ShouldBe(name);
        }
        else
        {
            Should.Throw<ChatException>(() => UserNames.Check(name)).Field.ShouldBe("name");
        }
    }

    [Fact]
    public void What_is_no_text_is_no_name()
    {
        Should.Throw<ChatException>(() => UserNames.Check("abc\uD800")).Field.ShouldBe("name");
        Should.Throw<ChatException>(() => UserNames.Check("abc\uFFFE")).Field.ShouldBe("name");
        // Looked up it finds nobody, on every database: the form is whole text, and no name's.
        UserNames.Normalize("abc\uD800").ShouldStartWith("\uFFFD");
        UserNames.Normalize("abc\0").ShouldStartWith("\uFFFD");
        UserNames.Normalize("abc\uD800").ShouldNotBe(UserNames.Normalize("abc\uD801"));
    }

    [Theory]
    [InlineData("BOB", "bob")]
    [InlineData("ＢＯＢ", "bob")]
    [InlineData("ΣΊΣΥΦΟΣ", "σίσυφος")]
    [InlineData("Mu\u0308ller", "MÜLLER")]
    [InlineData("ÉCOLE", "école")]
    [InlineData("ﬁle", "FILE")]
    public void Cases_and_forms_of_a_name_are_one(string one, string other) => UserNames.Normalize(one).ShouldBe(UserNames.Normalize(other));

    [Theory]
    [InlineData("bob", "rob")]
    [InlineData("Muller", "Müller")]
    [InlineData("bob", "bob_")]
    public void Different_names_are_different(string one, string other) => UserNames.Normalize(one).ShouldNotBe(UserNames.Normalize(other));

    [Fact]
    public void The_form_of_a_form_is_itself_for_every_character()
    {
        for (var value = 0; value <= 0xFFFF; value++)
        {
            var text = ((char)value).ToString();
            var once = UserNames.Normalize(text);
            UserNames.Normalize(once).ShouldBe(once, $"U+{value:X4}");
        }
    }
}
