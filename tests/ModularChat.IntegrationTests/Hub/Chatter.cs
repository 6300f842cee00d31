using ModularChat.Contracts.Messaging;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Hub;

/// <summary>Does at random what people do in conversations that the reader is in.</summary>
internal sealed class Chatter(ChatUser anna, ChatUser reader, ChatUser chen, Random random)
{
    private readonly Dictionary<Guid, List<(long Seq, ChatUser Sender)>> _messages = [];
    private readonly List<Guid> _groups = [];
    private readonly HashSet<Guid> _withoutChen = [];

    /// <summary>The newest seq of each conversation.</summary>
    public Dictionary<Guid, long> Heads { get; } = [];

    public int Steps { get; private set; }

    public async Task StartAsync()
    {
        await CreateAsync();
        await CreateAsync();
        var direct = await anna.OpenDirectAsync(reader);
        _withoutChen.Add(direct.Id);
        _messages.Add(direct.Id, []);
        Heads[direct.Id] = direct.Head;
    }

    public async Task WriteAsync(int steps)
    {
        for (; steps > 0; steps--)
        {
            await StepAsync();
            Steps++;
        }
    }

    private async Task StepAsync()
    {
        var conversation = _messages.Keys.Order().ElementAt(random.Next(_messages.Count));
        var messages = _messages[conversation];
        var writer = _withoutChen.Contains(conversation) || random.Next(2) == 0 ? anna : chen;
        var own = messages.Where(m => m.Sender == writer).ToList();
        var dice = random.Next(100);
        if (dice < 60 || own.Count == 0)
        {
            var stored = Note(await writer.SendAsync(conversation, $"step {Steps} 👍", replyTo: own.Count > 0 && dice < 5 ? own[^1].Seq : null));
            messages.Add((stored.Seq, writer));
        }
        else if (dice < 70)
        {
            Note(await writer.EditAsync(conversation, own[random.Next(own.Count)].Seq, $"edited in step {Steps}"));
        }
        else if (dice < 80)
        {
            Note(await writer.ReactAsync(conversation, messages[random.Next(messages.Count)].Seq, random.Next(2) == 0 ? "👍" : "🎉"));
        }
        else if (dice < 86)
        {
            var gone = own[random.Next(own.Count)];
            messages.Remove(gone);
            Note(await writer.DeleteAsync(conversation, gone.Seq));
        }
        else if (dice < 92)
        {
            await reader.MarkAsync(conversation, read: Heads[conversation]);
        }
        else if (dice < 94 && _groups.Count < 8)
        {
            await CreateAsync();
        }
        else if (_groups.Contains(conversation))
        {
            await ComeOrGoAsync(conversation);
        }
    }

    private async Task CreateAsync()
    {
        var group = await anna.CreateGroupAsync($"Group {_groups.Count}", reader, chen);
        _groups.Add(group.Id);
        _messages.Add(group.Id, []);
        Heads[group.Id] = group.Head;
    }

    private async Task ComeOrGoAsync(Guid group)
    {
        if (_withoutChen.Remove(group))
        {
            Heads[group] = (await anna.AddAsync(group, chen)).Head;
        }
        else
        {
            _withoutChen.Add(group);
            Note(await anna.RemoveAsync(group, chen));
        }
    }

    private Stored Note(Stored stored)
    {
        Heads[stored.ConversationId] = Math.Max(Heads[stored.ConversationId], stored.Seq);
        return stored;
    }
}
