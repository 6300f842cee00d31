using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Sending;

namespace ModularChat.UnitTests.Messaging;

public sealed class MentionTests
{
    [Theory]
    [InlineData("hi @anna", "anna")]
    [InlineData("@anna: and @berta, please", "anna berta")]
    [InlineData("so said @anna.", "anna. anna")]
    [InlineData("(@иван)", "иван")]
    [InlineData("write to anna@example.org", "")]
    [InlineData("@ab is too short, @", "")]
    [InlineData("@anna @ANNA", "anna")]
    [InlineData("@@anna", "anna")]
    public void Names_stand_after_an_at_sign(string text, string names) =>
        string.Join(' ', Mentions.Names(text)).ShouldBe(names);

    [Fact]
    public void No_text_asks_for_more_names_than_can_be_looked_up() =>
        Mentions.Names(string.Concat(Enumerable.Range(0, 10_000).Select(i => $"@name{i}. "))).Count.ShouldBeLessThanOrEqualTo(100);

    [Fact]
    public async Task Members_are_mentioned_and_strangers_are_not()
    {
        await using var chat = await Chat.StartAsync();
        var (anna, bert, cora) = (chat.People.Add("anna"), chat.People.Add("bert"), chat.People.Add("cora"));
        var group = await chat.GroupAsync(anna, HistoryVisibility.All, bert);
        var body = await BodyAsync(chat, anna, group, "@bert, not @cora, @all");
        body.Mentions.ShouldBe([bert]);
        body.MentionsAll.ShouldBe(true);
        body.Text.ShouldBe("@bert, not @cora, @all");
        cora.ShouldNotBe(bert);
    }

    [Fact]
    public async Task Text_without_an_at_sign_looks_up_nobody()
    {
        await using var chat = await Chat.StartAsync();
        var (anna, bert) = (chat.People.Add("anna"), chat.People.Add("bert"));
        var group = await chat.GroupAsync(anna, HistoryVisibility.All, bert);
        (await BodyAsync(chat, anna, group, "bert")).Mentions.ShouldBeNull();
        chat.People.NamesAsked.ShouldBe(0);
    }

    [Fact]
    public async Task All_counts_from_members_only_in_small_groups()
    {
        await using var chat = await Chat.StartAsync("Messaging:ReceiptLimit=2");
        var (anna, bert, cora) = (chat.People.Add("anna"), chat.People.Add("bert"), chat.People.Add("cora"));
        var group = await chat.GroupAsync(anna, HistoryVisibility.All, bert, cora);
        (await BodyAsync(chat, bert, group, "@all")).MentionsAll.ShouldBeNull();
        (await BodyAsync(chat, anna, group, "@all")).MentionsAll.ShouldBe(true);
    }

    private static async Task<MessageBody> BodyAsync(Chat chat, Guid user, Guid conversation, string text)
    {
        var entry = await chat.ReadAsync(conversation, (await chat.SendAsync(user, conversation, text)).Seq);
        return JsonSerializer.Deserialize(entry.Body!.Utf8.Span, ContractsJson.Default.MessageBody)!;
    }
}
