using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ModularChat.Client.Folding;
using ModularChat.Client.Wire;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.UnitTests.Messaging;

namespace ModularChat.UnitTests.Reading;

/// <summary>A device that folds what it is given by the rules of the protocol, with the SDK's fold, over the wire's JSON.</summary>
internal sealed class Device(Chat chat, Guid user)
{
    private readonly Dictionary<Guid, ConversationFold> folds = [];
    private readonly Dictionary<Guid, List<(long From, long To)>> laterVisible = [];

    public Guid User { get; } = user;

    public string? Cursor { get; set; }

    public int Resets { get; private set; }

    public int Pages { get; private set; }

    /// <summary>How often entries were missing; never for a device that only syncs.</summary>
    public int Holes { get; private set; }

    public IReadOnlyDictionary<Guid, ConversationFold> Folds => folds;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Syncs to the head, or breaks off after a page where <paramref name="breakOff"/> says so. Returns how many conversations came.</summary>
    public async Task<int> SyncAsync(int limit, Func<bool>? breakOff = null)
    {
        var seen = new HashSet<Guid>();
        while (true)
        {
            var page = await chat.Mediator.Send(new Sync(Chat.As(User), Cursor, limit), Token);
            await ApplyAsync(page, seen);
            if (!page.More || breakOff?.Invoke() == true)
            {
                return seen.Count;
            }
        }
    }

    public async Task ApplyAsync(SyncPage page, HashSet<Guid> seen)
    {
        Pages++;
        page.Versions.ShouldBe(page.More ? null : page.Versions);
        if (page.Reset)
        {
            Resets++;
            folds.Clear();
        }
        foreach (var conversation in page.Conversations)
        {
            seen.Add(conversation.State.Id).ShouldBeTrue("a conversation is in a sync once");
            conversation.Entries.Length.ShouldBeLessThanOrEqualTo(200);
            await ApplyAsync(ToClient(conversation, ContractsJson.Wire.SyncPage, page.Cursor));
        }
        Cursor = page.Cursor;
    }

    /// <summary>What a live connection gives this device of one commit, where <paramref name="comes"/> lets it through.</summary>
    public async Task LiveAsync(MessageStored stored, Func<bool> comes)
    {
        foreach (var entry in stored.Entries)
        {
            if (entry.Recipients.Contains(User) && comes())
            {
                await LiveAsync(entry);
            }
        }
        foreach (var marks in stored.Marks)
        {
            if (folds.TryGetValue(marks.ConversationId, out var fold) && fold.HasState)
            {
                if (marks.Recipients.Contains(User) && comes())
                {
                    fold.ApplyMarks(ToClient(marks.Others, ContractsJson.Wire.MemberMarksArray, ClientMarks));
                }
                foreach (var own in marks.Own.Where(own => own.UserId == User && comes()))
                {
                    See(fold, fold.State with { Me = ToClient(own.State, ContractsJson.Wire.OwnState, ClientJson.Default.OwnState) }, meOnly: true);
                }
            }
        }
    }

    /// <summary>Reads what was left out, so that the whole can be compared.</summary>
    public async Task ReadGapsAsync()
    {
        foreach (var (id, fold) in folds)
        {
            var open = fold.Gaps.Select(gap => (gap.From, To: gap.To!.Value)).Concat(laterVisible.GetValueOrDefault(id) ?? []).ToList();
            foreach (var (from, to) in open)
            {
                for (var at = from - 1; at < to;)
                {
                    var page = await chat.Mediator.Send(new GetHistory(Chat.As(User), id, null, at, 50), Token);
                    fold.ApplyOlder(ToClient(page, ContractsJson.Wire.HistoryPage, ClientJson.Default.HistoryPage));
                    at = page.Entries is [.., { Seq: var last }] ? last : to;
                }
            }
        }
    }

    private async Task LiveAsync(StoredEntry stored)
    {
        var entry = stored.Entry with
        {
            ClientMessageId = stored.Entry.SenderId == User ? stored.Entry.ClientMessageId : null,
            Body = stored.TargetHiddenFrom?.Contains(User) == true ? null : stored.Entry.Body,
        };
        if (!folds.TryGetValue(entry.ConversationId, out var fold))
        {
            folds[entry.ConversationId] = fold = new ConversationFold(User, 1_000_000);
        }
        var come = ToClient(entry, ContractsJson.Wire.Entry, ClientJson.Default.Entry);
        if (!fold.HasState || !fold.IsAnyVisible(entry.Seq, entry.Seq))
        {
            // The frame that told of coming in was lost: by what is known here the entry could not be seen.
            See(fold, ToClient(await chat.SeeAsync(User, entry.ConversationId), ContractsJson.Wire.ConversationInfo, ClientJson.Default.ConversationState));
        }
        if (fold.Apply(come) == FoldOutcome.Hole)
        {
            await MendAsync(fold, entry.ConversationId, entry.Seq - 1);
            fold.Apply(come);
        }
    }

    private async Task ApplyAsync(ModularChat.Client.ConversationSync page)
    {
        if (!folds.TryGetValue(page.State.Id, out var fold))
        {
            folds[page.State.Id] = fold = new ConversationFold(User, 1_000_000);
        }
        See(fold, page.State);
        while (fold.ApplyPage(page) == FoldOutcome.Hole)
        {
            // Only live frames that were lost before the cursor leave a hole here.
            var next = page.Gap is { } left && left.From > fold.Have ? left.From : page.Entries.First(entry => entry.Seq > fold.Have).Seq;
            await MendAsync(fold, page.State.Id, next - 1);
        }
    }

    private void See(ConversationFold fold, ModularChat.Client.ConversationState state, bool meOnly = false)
    {
        // A range that opens to everything shows seqs below what is here: they are read when somebody scrolls up to them.
        foreach (var range in state.Me.Ranges ?? [])
        {
            var hidden = (fold.State.Me.Ranges ?? []).ToList();
            for (var seq = range.From; fold.HasState && seq <= Math.Min(range.To ?? long.MaxValue, fold.Have); seq++)
            {
                if (!hidden.Exists(known => known.From <= seq && (known.To ?? long.MaxValue) >= seq))
                {
                    var later = laterVisible.TryGetValue(fold.State.Id, out var list) ? list : laterVisible[fold.State.Id] = [];
                    later.Add((seq, seq));
                }
            }
        }
        if (meOnly)
        {
            fold.ApplyMe(state.Me);
        }
        else
        {
            fold.ApplyState(state);
        }
    }

    private async Task MendAsync(ConversationFold fold, Guid id, long wanted)
    {
        Holes++;
        while (fold.Have < wanted)
        {
            var page = await chat.Mediator.Send(new GetHistory(Chat.As(User), id, null, fold.Have, 200), Token);
            fold.ApplyHistory(ToClient(page, ContractsJson.Wire.HistoryPage, ClientJson.Default.HistoryPage), wanted);
        }
    }

    private static JsonTypeInfo<IReadOnlyList<ModularChat.Client.MemberMarks>> ClientMarks =>
        (JsonTypeInfo<IReadOnlyList<ModularChat.Client.MemberMarks>>)JsonSerializerOptions.Web.GetTypeInfo(typeof(IReadOnlyList<ModularChat.Client.MemberMarks>));

    private static ModularChat.Client.ConversationSync ToClient(ConversationSync conversation, JsonTypeInfo<SyncPage> written, string cursor) =>
        ToClient(new SyncPage(false, [conversation], null, cursor, false), written, ClientJson.Default.SyncPage).Conversations[0];

    public static TTo ToClient<TFrom, TTo>(TFrom value, JsonTypeInfo<TFrom> written, JsonTypeInfo<TTo> read) =>
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(value, written), read)!;
}
