using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.StorageTests.Servers;

namespace ModularChat.StorageTests.Moving;

/// <summary>Whatever is wrong with a log is found.</summary>
public sealed class DamageTests(PostgresFixture postgres)
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_flipped_bit_in_the_file_of_a_closed_log_is_found()
    {
        await using var room = new EngineRoom();
        var group = Ids.New();
        await using (var log = await room.OpenAsync("sqlite"))
        {
            await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
            await log.AppendAsync(Appends.Message(group, Ann, "an unmistakable marker"), Token);
        }
        var file = room.Folder.File("messages.db");
        var bytes = await File.ReadAllBytesAsync(file, Token);
        var place = bytes.AsSpan().IndexOf("unmistakable"u8);
        place.ShouldBeGreaterThan(0);
        bytes[place + 3] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Token);

        await using var again = await room.OpenAsync("sqlite");

        (await ShardTests.VerifyAsync(again)).SelectMany(r => r.Findings).ShouldHaveSingleItem().ToString().ShouldContain($"{group}");
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("rocksdb")]
    [InlineData("postgresql")]
    [InlineData("redis")]
    public async Task Each_kind_of_damage_to_rows_is_found_on_each_engine(string engine)
    {
        await using var room = new EngineRoom(("Storage:Messages:Shards", "1"));
        await using var places = new Places(postgres);
        await using var log = await room.OpenAsync(engine, (await places.MakeAsync(engine)).Databases);
        var group = Ids.New();
        await FillAsync(log, group);
        (await ShardTests.VerifyAsync(log)).SelectMany(r => r.Findings).ShouldBeEmpty();
        var membership = (await log.GetMembershipAsync(group, Token))!;
        var rows = (await log.ReadEntryRowsAsync(group, 1, 100, Token)).ToDictionary(r => r.Seq);
        var (head, message, edited) = (membership.Head, rows[2], rows[3]);
        (string What, Membership? Conversation, EntryRow? Row)[] damages =
        [
            ("body", null, message with { Body = Appends.Body("another text") }),
            ("sender", null, message with { SenderId = Ids.New() }),
            ("time", null, message with { At = message.At.AddTicks(1) }),
            ("no body", null, rows[4] with { Body = null, Check = 0 }),
            ("number", null, message with { Number = message.Number + 1 }),
            ("deleted without an entry", null, rows[5] with { IsDeleted = true, Body = null, Check = 0, Changed = 5 }),
            ("not pinned", null, rows[4] with { IsPinned = false }),
            ("no reaction", null, rows[4] with { Reactions = [] }),
            ("edited", null, message with { EditedAt = null }),
            ("kind", null, edited with { Kind = EntryKind.Pinned, Check = 0 }),
            ("head seq", membership with { Head = head with { Seq = head.Seq + 1 } }, null),
            ("head number", membership with { Head = head with { Number = head.Number + 1 } }, null),
            ("members seq", membership with { Head = head with { MembersSeq = 2 } }, null),
            ("member count", membership with { Head = head with { MemberCount = 3 } }, null),
            ("marks", membership with { Members = [.. membership.Members.Select(m => m with { Read = head.Seq + 5, Delivered = head.Seq + 5 })] }, null),
            ("read number", membership with { Members = [.. membership.Members.Select(m => m with { ReadNumber = m.ReadNumber + 1 })] }, null),
            ("range", membership with { Members = [.. membership.Members.Select(m => m with { Ranges = [new VisibleRange(2, 5, null, null)] })] }, null),
        ];
        foreach (var (what, conversation, row) in damages)
        {
            await WriteAsync(log, conversation ?? membership, [.. rows.Values.Select(r => row is not null && r.Seq == row.Seq ? row : r)]);

            (await ShardTests.VerifyAsync(log)).Sum(r => r.FindingCount).ShouldBeGreaterThan(0, what);
        }
        await WriteAsync(log, membership, [.. rows.Values]);
        (await ShardTests.VerifyAsync(log)).SelectMany(r => r.Findings).ShouldBeEmpty();
    }

    private static async Task FillAsync(IMessageLog log, Guid group)
    {
        await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        await log.AppendAsync(Appends.Message(group, Ann, "first"), Token);
        await log.AppendAsync(Appends.Edit(group, Ann, 2, "first, edited"), Token);
        await log.AppendAsync(Appends.Message(group, Bo, "second"), Token);
        await log.AppendAsync(Appends.Message(group, Ann, "third"), Token);
        await log.AppendAsync(Appends.Pin(group, Ann, 4, pinned: true), Token);
        await log.AppendAsync(Appends.React(group, Ann, 4, "👍"), Token);
        await log.AppendAsync(Appends.Message(group, Ann, "fourth"), Token);
        await log.AdvanceMarksAsync([new MarkAdvance(group, Bo, 8, 5)], Token);
    }

    /// <summary>Anew: an engine may leave what never changes as it is when a row comes again.</summary>
    private static async Task WriteAsync(ILogDatabase log, Membership conversation, EntryRow[] rows)
    {
        var shard = await log.GetShardAsync(0, Token);
        await log.SetShardAsync(shard with { State = ShardState.Receiving }, Token);
        await log.DropShardAsync(0, Token);
        await log.WriteRowsAsync([conversation], rows, Token);
        await log.SetShardAsync(shard with { State = ShardState.Held }, Token);
    }
}
