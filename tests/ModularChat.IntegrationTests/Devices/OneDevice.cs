using System.Text.Json;
using ModularChat.Client;
using ModularChat.IntegrationTests.Hub;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Devices;

/// <summary>A device that keeps to one transport and is away now and then: its copy of the conversations, and of the general data by version.</summary>
internal sealed class OneDevice(Uri server, ChatUser user, Way way, HttpMessageInvoker http, Random random)
{
    private static readonly (string Subject, string Path)[] Documents =
        [("profile", "me"), ("settings", "me/settings"), ("friends", "friends"), ("blocks", "blocks"), ("drafts", "me/drafts")];

    private readonly Hopper _copy = new(server, user, new ChatApi(http, server, new ChatCredentials(user.Token)));
    private readonly Dictionary<string, (long Version, string Text)> _general = new(StringComparer.Ordinal);

    public ChatUser User => user;

    public Way Way => way;

    public int Absences { get; private set; }

    public int Doubled => _copy.Doubled;

    public string Hash => FoldedState.Hash(Lines);

    private string[] Lines => [.. FoldedState.Lines(_copy.Folds.Values), .. Documents.Select(document => _general.GetValueOrDefault(document.Subject).Text ?? "")];

    /// <summary>Comes and goes until the steps are done.</summary>
    public async Task UseAsync(Crowd crowd, int steps)
    {
        while (crowd.Steps < steps)
        {
            // Mostly short, now and then long.
            await crowd.AfterAsync(Math.Min(steps, crowd.Steps + random.Next(random.Next(5) == 0 ? steps / 5 : 60)));
            Absences++;
            await _copy.StayAsync(way, crowd.AfterAsync(Math.Min(steps, crowd.Steps + 1 + random.Next(200))));
            await ReadGeneralIfNewerAsync();
        }
    }

    /// <summary>Connects over its own transport until everything that the server has now is here.</summary>
    public async Task CatchUpAsync()
    {
        var heads = await user.SyncAllAsync();
        await _copy.StayAsync(way, Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken));
        await _copy.PollAsync(limit: 500, pages: 1000, TimeSpan.Zero);
        await _copy.ReadGapsAsync();
        await ReadGeneralIfNewerAsync();
        heads.Conversations.ShouldAllBe(conversation => _copy.Has(conversation.State.Id, conversation.State.Head));
    }

    /// <summary>The general data as the server has it.</summary>
    public static async Task<string[]> ReadGeneralAsync(ChatUser user)
    {
        var texts = new List<string>();
        foreach (var (_, path) in Documents)
        {
            texts.Add(await TextAsync(user, path));
        }
        return [.. texts];
    }

    /// <summary>The first lines that differ.</summary>
    public string DifferenceFrom(string[] truth)
    {
        var lines = Lines;
        var here = lines.Except(truth, StringComparer.Ordinal).Take(3);
        var there = truth.Except(lines, StringComparer.Ordinal).Take(3);
        return $"{lines.Length} lines, {truth.Length} on the server; only here:\n    {string.Join("\n    ", here)}\n  only on the server:\n    {string.Join("\n    ", there)}";
    }

    private async Task ReadGeneralIfNewerAsync()
    {
        foreach (var (subject, path) in Documents)
        {
            var version = _copy.Versions.GetValueOrDefault(subject);
            if (!_general.TryGetValue(subject, out var known) || version > known.Version)
            {
                _general[subject] = (version, await TextAsync(user, path));
            }
        }
    }

    private static async Task<string> TextAsync(ChatUser user, string path)
    {
        var document = await user.AskAsync<JsonElement>(HttpMethod.Get, path);
        // Who somebody is belongs to their profile, which is theirs.
        return path switch
        {
            "friends" => string.Join(',', document.GetProperty("friends").EnumerateArray().Select(friend => $"{friend.GetProperty("user").GetProperty("id")} {friend.GetProperty("state")}")),
            "blocks" => string.Join(',', document.GetProperty("users").EnumerateArray().Select(blocked => $"{blocked.GetProperty("id")}")),
            _ => document.GetRawText(),
        };
    }
}
