using ModularChat.Contracts;
using ModularChat.Messaging.Storage.RocksDb;
using ModularChat.Storage;
using ModularChat.Storage.RocksDb;

namespace ModularChat.StorageTests;

/// <summary>What only the log on RocksDB promises: one sentence about a folder that it cannot take.</summary>
public sealed class RocksMessageLogTests
{
    private static readonly RocksSettings Small = new(8 << 20, 8 << 20, 64);
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static IEnumerable<TheoryDataRow<string>> Engine() => LogEngines.All().Where(e => e.Data == "rocksdb");

    [Theory, MemberData(nameof(Engine))]
    public async Task A_file_or_a_folder_of_something_else_is_refused_and_left_alone(string engine)
    {
        await using var test = new LogUnderTest(engine);
        Directory.CreateDirectory(test.Path);
        await File.WriteAllTextAsync(test.File, "not a folder", Token);
        (await RefusalAsync(test)).ShouldContain("is a file, not a folder of RocksDB");
        File.Delete(test.File);
        Directory.CreateDirectory(test.File);
        await File.WriteAllTextAsync(Path.Combine(test.File, "notes.txt"), "mine", Token);
        (await RefusalAsync(test)).ShouldContain("is no database of RocksDB, and not empty");
        Directory.GetFileSystemEntries(test.File).Length.ShouldBe(1);
    }

    [Theory, MemberData(nameof(Engine))]
    public async Task A_database_of_another_program_or_a_newer_one_is_refused(string engine)
    {
        await using var test = new LogUnderTest(engine);
        Directory.CreateDirectory(test.Path);
        using (var other = RocksDatabase.Open(test.File, Small, ["default"]))
        using (var batch = new RocksBatch(other))
        {
            batch.Put(0, "mine"u8, "yours"u8);
            other.Write(batch);
        }
        (await RefusalAsync(test)).ShouldContain("is not a message log: it holds other data.");
        Directory.Delete(test.File, recursive: true);
        await test.OpenAsync();
        await test.CloseAsync();
        using (var newer = RocksDatabase.Open(test.File, Small, Family.Names))
        using (var batch = new RocksBatch(newer))
        {
            batch.Put(Family.Meta, "meta"u8, new ValueWriter().Begin().Add(99L).Written);
            newer.Write(batch);
        }
        (await RefusalAsync(test)).ShouldContain("has schema version 99");
        Directory.Delete(test.File, recursive: true);
        using (RocksDatabase.Open(test.File, Small, [.. Family.Names, "of-later"]))
        {
            // Only made.
        }
        (await RefusalAsync(test)).ShouldContain("of a newer program");
    }

    [Theory, MemberData(nameof(Engine))]
    public async Task A_damaged_or_used_database_is_refused_in_one_sentence(string engine)
    {
        await using var test = await LogUnderTest.OpenAsync(engine);
        Should.Throw<RocksErrorException>(() => RocksDatabase.Open(test.File, Small, Family.Names)).Message.ShouldContain("lock");
        await test.CloseAsync();
        await File.WriteAllTextAsync(Path.Combine(test.File, "CURRENT"), "nonsense\n", Token);
        (await RefusalAsync(test)).ShouldStartWith($"The message log {test.File} cannot be opened");
    }

    [Theory, MemberData(nameof(Engine))]
    public async Task A_checkpoint_of_an_open_log_is_a_log_of_its_own(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ids.New(), Ids.New());
        var copy = Path.Combine(test.Test.Path, "copy.rocksdb");
        await test.Test.CloseAsync();
        using (var database = RocksDatabase.Open(test.Test.File, Small, Family.Names))
        {
            database.Checkpoint(copy);
        }
        Directory.Delete(test.Test.File, recursive: true);
        Directory.Move(copy, test.Test.File);
        await test.Test.OpenAsync();
        (await test.HeadAsync()).Seq.ShouldBe(1);
    }

    private static async Task<string> RefusalAsync(LogUnderTest test)
    {
        var refusal = await Should.ThrowAsync<StartupException>(test.OpenAsync);
        await test.CloseAsync();
        return refusal.Message;
    }
}
