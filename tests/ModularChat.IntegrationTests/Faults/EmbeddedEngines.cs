using ModularChat.Storage.RocksDb;

namespace ModularChat.IntegrationTests.Faults;

/// <summary>The engines whose files are the server's own, so that its death and its disk are theirs.</summary>
public static class EmbeddedEngines
{
    public static IEnumerable<TheoryDataRow<string>> All()
    {
        yield return new TheoryDataRow<string>("sqlite");
        yield return new TheoryDataRow<string>("rocksdb") { Skip = RocksLibrary.WhyMissing };
    }

    public static string Setting(string engine) => $"Storage:Messages:Engine={engine}";
}
