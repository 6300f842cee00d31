using System.Text;
using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Hearing;

namespace ModularChat.UnitTests.Hearing;

public sealed class CommitCodecTests
{
    private static readonly Guid Conversation = Ids.New(), Ann = Ids.New(), Bo = Ids.New();

    public static TheoryData<int> Changes => [.. Enumerable.Range(0, AllChanges.Length)];

    private static Change?[] AllChanges { get; } =
    [
        null,
        new Change.Create(ConversationKind.Group, null, HistoryVisibility.Joined, [(Ann, MemberRole.Owner), (Bo, MemberRole.Invited)]),
        new Change.Create(ConversationKind.Channel, "Ünder", HistoryVisibility.All, []),
        new Change.ChangeMembers([new MemberChange(Bo, MemberRole.None, RangeChange.Close)]),
        new Change.Settings(null, HistoryVisibility.All),
        new Change.Settings("new", null),
        new Change.Settings(null, null, new KeepRule(30, 1_000)),
        new Change.Edit(),
        new Change.Delete(),
        new Change.React("👍", Remove: true),
        new Change.Pin(Pinned: true),
    ];

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_commit_is_the_same_on_the_other_side(int change)
    {
        var commit = Commit(AllChanges[change]);

        var back = CommitCodec.Read(CommitCodec.Write(commit), commit.Shard, 16, commit.PreviousPosition, commit.Position).ShouldNotBeNull();

        Text(back).ShouldBe(Text(commit));
    }

    [Fact]
    public void Bytes_that_are_cut_changed_or_foreign_are_no_commit_or_another_one_but_never_a_fault()
    {
        var commit = Commit(AllChanges[1]);
        var bytes = CommitCodec.Write(commit);
        for (var length = 0; length < bytes.Length; length++)
        {
            CommitCodec.Read(bytes[..length], commit.Shard, 16, commit.PreviousPosition, commit.Position).ShouldBeNull();
        }
        CommitCodec.Read([.. bytes, 0], commit.Shard, 16, commit.PreviousPosition, commit.Position).ShouldBeNull();
        var random = new Random(1);
        for (var i = 0; i < 2_000; i++)
        {
            var damaged = bytes.ToArray();
            random.NextBytes(damaged.AsSpan(random.Next(damaged.Length - 4), 4));
            Should.NotThrow(() => CommitCodec.Read(damaged, commit.Shard, 16, commit.PreviousPosition, commit.Position));
        }
    }

    private static Commit Commit(Change? change)
    {
        var at = new DateTimeOffset(2026, 5, 6, 7, 8, 9, TimeSpan.Zero).AddTicks(1234567);
        var entry = new Entry
        {
            ConversationId = Conversation,
            Seq = 7,
            Kind = EntryKind.Message,
            SenderId = Ann,
            At = at,
            Number = 5,
            Target = 3,
            Body = new JsonBody(Encoding.UTF8.GetBytes("""{"text":"häh"}""")),
            ClientMessageId = Ids.New(),
            Changed = 9,
            EditedAt = at.AddHours(1),
            IsDeleted = true,
            IsPinned = true,
            Reactions = [new ReactionGroup("👍", [Ann, Bo])],
        };
        var bare = new Entry { ConversationId = Conversation, Seq = 8, Kind = EntryKind.Deleted, SenderId = Bo, At = at, Number = 5 };
        var shard = Ids.Shard(Conversation, 16);
        Member[] members =
        [
            new(Ann, MemberRole.Owner, [new VisibleRange(1, 0, 4, 3), new VisibleRange(6, 4, null, null)], 7, 6, 4, 40, new Preferences(at, Pinned: true, Archived: false), 12),
            new(Bo, MemberRole.None, [], 0, 0, 0, 41, Preferences.None, 41),
        ];
        return new Commit(
            shard, 38, 41, [new CommittedEntry(39, entry, change), new CommittedEntry(40, bare, new Change.Delete())],
            [.. members.OrderBy(m => m.UserId).Select(m => (Conversation, m))],
            [new Head(Conversation, shard, ConversationKind.Group, "Title", HistoryVisibility.Joined, 8, 40, 5, 2, 2, 41, 1, 1)]);
    }

    private static string Text(Commit commit) => JsonSerializer.Serialize(new
    {
        commit.Shard,
        commit.PreviousPosition,
        commit.Position,
        Entries = commit.Entries.Select(e => new { e.Position, e.Entry, Kind = e.Change?.GetType().Name, Change = JsonSerializer.Serialize((object?)e.Change), Roles = (e.Change as Change.Create)?.Members.Select(m => $"{m}") }),
        Members = commit.Members.Select(m => new { m.ConversationId, m.Member }),
        commit.Heads,
    });
}
