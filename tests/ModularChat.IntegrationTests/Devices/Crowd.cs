using System.Net;
using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Devices;

/// <summary>People who do at random whatever people do. A refusal is an answer too: only faults of the server stop it.</summary>
internal sealed class Crowd(ChatUser[] people)
{
    private static readonly string[] Emojis = ["👍", "🎉", "❤", "😀"];
    private readonly Lock _gate = new();
    private readonly List<(Guid Id, bool IsGroup)> _conversations = [];
    // Who is probably in it, the owner first.
    private readonly Dictionary<Guid, List<ChatUser>> _members = [];
    private readonly Dictionary<Guid, List<(long Seq, ChatUser Sender)>> _messages = [];
    private readonly SortedDictionary<int, TaskCompletionSource> _waiting = [];
    private int _steps;

    public int Steps => Volatile.Read(ref _steps);

    public Dictionary<string, int> Done { get; } = new(StringComparer.Ordinal);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task StartAsync(int groups)
    {
        for (var i = 0; i < groups; i++)
        {
            var owner = people[i % people.Length];
            ChatUser[] others = [.. people.Where((person, at) => person != owner && (at + i) % 3 != 0)];
            Add((await owner.CreateGroupAsync($"Group {i}", others)).Id, isGroup: true, [owner, .. others]);
        }
        for (var i = 1; i < 6; i++)
        {
            Add((await people[0].OpenDirectAsync(people[i])).Id, isGroup: false, [people[0], people[i]]);
        }
    }

    /// <summary>Completes when so many steps are done.</summary>
    public Task AfterAsync(int steps)
    {
        lock (_gate)
        {
            if (_steps >= steps)
            {
                return Task.CompletedTask;
            }
            if (!_waiting.TryGetValue(steps, out var waiting))
            {
                _waiting[steps] = waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            return waiting.Task;
        }
    }

    /// <summary>One writer; several may run side by side.</summary>
    public async Task WriteAsync(Random random, int steps)
    {
        for (; steps > 0; steps--)
        {
            await StepAsync(random);
            lock (_gate)
            {
                _steps++;
                while (_waiting.Count > 0 && _waiting.First() is { Key: var at, Value: var reached } && at <= _steps)
                {
                    _waiting.Remove(at);
                    reached.TrySetResult();
                }
            }
        }
    }

    private async Task StepAsync(Random random)
    {
        var other = people[random.Next(people.Length)];
        ChatUser who, owner;
        Guid conversation;
        bool isGroup;
        lock (_gate)
        {
            (conversation, isGroup) = _conversations[random.Next(_conversations.Count)];
            var members = _members[conversation];
            owner = members.Count > 0 ? members[0] : other;
            who = members.Count == 0 || random.Next(10) == 0 ? people[random.Next(people.Length)]
                : members.Contains(people[0]) && random.Next(4) == 0 ? people[0]
                : members[random.Next(members.Count)];
        }
        var at = $"conversations/{conversation}";
        var (seq, author) = AnyMessage(conversation, random) ?? (1, who);
        var text = $"step {Steps} of {who.Name} {random.Next(1000)}";
        var emoji = Uri.EscapeDataString(Emojis[random.Next(Emojis.Length)]);
        var dice = random.Next(100);
        // Mostly what one may do.
        who = dice is >= 38 and < 49 && random.Next(10) > 0 ? author : who;
        await (dice switch
        {
            < 38 => DoAsync(who, "send", HttpMethod.Post, $"{at}/messages", new { clientMessageId = Ids.New(), text, replyTo = dice < 3 ? seq : (long?)null }, conversation),
            < 45 => DoAsync(who, "edit", HttpMethod.Patch, $"{at}/messages/{seq}", new { clientMessageId = Ids.New(), text }),
            < 49 => DoAsync(who, "delete", HttpMethod.Delete, $"{at}/messages/{seq}"),
            < 57 => DoAsync(who, "react", random.Next(4) == 0 ? HttpMethod.Delete : HttpMethod.Put, $"{at}/messages/{seq}/reactions/{emoji}"),
            < 66 => DoAsync(who, "read", HttpMethod.Post, $"{at}/marks", new { read = seq }),
            < 69 => DoAsync(owner, "pin a message", random.Next(3) == 0 ? HttpMethod.Delete : HttpMethod.Put, $"{at}/messages/{seq}/pin"),
            < 73 => DoAsync(who, "preferences", HttpMethod.Put, $"{at}/preferences", Preferences(random)),
            < 77 => DoAsync(who, "draft", random.Next(3) == 0 ? HttpMethod.Delete : HttpMethod.Put, $"me/drafts/{conversation}", new { text }),
            < 79 => DoAsync(who, "profile", HttpMethod.Patch, "me", new { statusText = text }),
            < 80 => SettingsAsync(who, random),
            < 82 => DoAsync(who, "friend", random.Next(3) == 0 ? HttpMethod.Delete : HttpMethod.Put, $"friends/{other.Id}"),
            < 83 => DoAsync(who, "block", random.Next(4) > 0 ? HttpMethod.Delete : HttpMethod.Put, $"blocks/{other.Id}"),
            < 84 => OpenAsync(who, other),
            < 85 => CreateAsync(who, random),
            _ when !isGroup => DoAsync(who, "note", HttpMethod.Post, $"conversations/{Ids.Self(who.Id)}/messages", new { clientMessageId = Ids.New(), text }),
            < 87 => DoAsync(random.Next(2) == 0 ? owner : who, "rename", HttpMethod.Patch, at, new { clientMessageId = Ids.New(), title = $"Renamed in {Steps}" }),
            < 88 => DoAsync(owner, "history", HttpMethod.Patch, at, new { clientMessageId = Ids.New(), history = random.Next(2) == 0 ? "all" : "joined" }),
            < 93 => DoAsync(random.Next(5) > 0 ? owner : who, "add", HttpMethod.Post, $"{at}/members", new { clientMessageId = Ids.New(), userIds = (Guid[])[other.Id] }, conversation, comes: other),
            < 95 => DoAsync(random.Next(5) > 0 ? owner : who, "remove", HttpMethod.Delete, $"{at}/members/{other.Id}", null, conversation, goes: other),
            < 97 => DoAsync(who, "leave", HttpMethod.Delete, $"{at}/members/{who.Id}", null, conversation, goes: who),
            < 98 => DoAsync(other, "join", HttpMethod.Post, $"{at}/join", new { clientMessageId = Ids.New() }),
            _ => DoAsync(owner, "role", HttpMethod.Patch, $"{at}/members/{other.Id}", new { clientMessageId = Ids.New(), role = random.Next(3) switch { 0 => "owner", 1 => "administrator", _ => "member" } }),
        });
    }

    /// <summary>Mostly one of the newest.</summary>
    private (long Seq, ChatUser Sender)? AnyMessage(Guid conversation, Random random)
    {
        lock (_gate)
        {
            return _messages.TryGetValue(conversation, out var messages) ? messages[^(1 + random.Next(Math.Min(messages.Count, random.Next(4) == 0 ? 1000 : 10)))] : null;
        }
    }

    private static object Preferences(Random random) => random.Next(3) switch
    {
        0 => new { mutedUntil = random.Next(2) == 0 ? "9999-12-31T00:00:00Z" : "2020-01-01T00:00:00Z" },
        1 => new { pinned = random.Next(2) == 0 },
        _ => new { archived = random.Next(2) == 0 },
    };

    private async Task SettingsAsync(ChatUser who, Random random)
    {
        var now = await who.AskAsync<JsonElement>(HttpMethod.Get, "me/settings");
        await DoAsync(who, "settings", HttpMethod.Put, "me/settings", new
        {
            version = now.GetProperty("version").GetInt64(),
            settings = new { groupAdditions = random.Next(2) == 0 ? "friends" : "everybody", client = new { step = Steps } },
        });
    }

    private async Task OpenAsync(ChatUser who, ChatUser other)
    {
        if (who != other)
        {
            await DoAsync(who, "open direct", HttpMethod.Put, $"conversations/direct/{other.Id}");
            Add(Ids.Direct(who.Id, other.Id), isGroup: false, [who, other]);
        }
    }

    private async Task CreateAsync(ChatUser who, Random random)
    {
        var id = Ids.New();
        ChatUser[] others = [.. people.Where(_ => random.Next(3) == 0)];
        await DoAsync(who, "create", HttpMethod.Put, $"conversations/{id}", new { title = $"Made in {Steps}", userIds = others.Select(person => person.Id).ToArray() });
        Add(id, isGroup: true, [who, .. others.Where(person => person != who)]);
    }

    private void Add(Guid id, bool isGroup, List<ChatUser> members)
    {
        lock (_gate)
        {
            // Not too many, so that each is busy.
            if (_conversations.Count < 30 && _members.TryAdd(id, members))
            {
                _conversations.Add((id, isGroup));
            }
        }
    }

    private async Task DoAsync(ChatUser who, string what, HttpMethod method, string path, object? body = null, Guid? conversation = null, ChatUser? comes = null, ChatUser? goes = null)
    {
        using var answer = await who.RequestAsync(method, path, body);
        if (answer.StatusCode >= HttpStatusCode.InternalServerError)
        {
            var text = await answer.Content.ReadAsStringAsync(Token);
            throw new InvalidOperationException($"{what}: {(int)answer.StatusCode} {text}");
        }
        var stored = what != "send" || !answer.IsSuccessStatusCode ? null : JsonSerializer.Deserialize<Stored>(await answer.Content.ReadAsStringAsync(Token), ChatUser.Json);
        lock (_gate)
        {
            if (stored is not null)
            {
                (_messages.TryGetValue(stored.ConversationId, out var messages) ? messages : _messages[stored.ConversationId] = []).Add((stored.Seq, who));
            }
            if (conversation is { } id && answer.IsSuccessStatusCode)
            {
                _members[id].RemoveAll(member => member == goes || member == comes);
                _members[id].AddRange(comes is null ? [] : [comes]);
            }
            var key = answer.IsSuccessStatusCode ? what : $"{what} refused";
            Done[key] = Done.GetValueOrDefault(key) + 1;
        }
    }
}
