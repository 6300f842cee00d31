using ModularChat.Client;

// CHAT_URL=http://127.0.0.1:5080 CHAT_NAME=echo CHAT_PASSWORD=... dotnet run --project samples/EchoBot
var url = new Uri(Environment.GetEnvironmentVariable("CHAT_URL") ?? "http://127.0.0.1:5080");
using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
var login = await new ChatApi(http, url, ChatCredentials.None).LogInAsync(
    Environment.GetEnvironmentVariable("CHAT_NAME") ?? "echo",
    Environment.GetEnvironmentVariable("CHAT_PASSWORD") ?? "",
    new DeviceDescription("Echo bot", "dotnet"));

await using var chat = new ChatClient(new ChatClientOptions { Url = url, Token = login.Session.Token, Http = http });
await chat.ConnectAsync();
Console.WriteLine($"{login.User.DisplayName} is in {chat.Conversations.Count} conversations.");

await foreach (var entry in chat.EntriesAsync())
{
    if (entry.Kind != EntryKind.Message || entry.SenderId == chat.UserId || entry.Text is not { } text)
    {
        continue;
    }
    await chat.MarkReadAsync(entry.ConversationId, entry.Seq);
    await chat.SendAsync(entry.ConversationId, $"You said: {text}", replyTo: entry.Seq);
}
