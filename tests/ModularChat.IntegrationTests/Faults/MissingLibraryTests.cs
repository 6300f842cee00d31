using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Faults;

/// <summary>A machine without the library of RocksDB, as a process that does not see it.</summary>
public sealed class MissingLibraryTests
{
    // What is mounted is seen by this process and its children alone.
    private const string Hide =
        """
        for library in /lib/*/librocksdb.so* /usr/lib/*/librocksdb.so* /usr/lib/librocksdb.so* /usr/local/lib/librocksdb.so*; do
          if [ -f "$library" ]; then mount --bind /dev/null "$library" || exit 99; fi
        done
        exec "$@"
        """;

    private static readonly string[] Without = ["unshare", "--mount", "sh", "-c", Hide, "hide"];

    [Fact]
    public async Task A_start_without_the_library_ends_with_a_sentence_that_names_the_package_and_other_engines_need_none()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Hiding a library from a process needs root on Linux.");
        var folder = Directory.CreateTempSubdirectory("modularchat-library-").FullName;
        try
        {
            var (exit, _, error) = await ServerProcess.RunAsync(Without, ["--Host:Url=http://127.0.0.1:0", "--Storage:Directory=" + folder, EngineIs("rocksdb")]);
            exit.ShouldBe(1, error);
            error.Trim().ShouldBe("The library of RocksDB is not on this machine: install it (Debian and Ubuntu: apt install librocksdb7.8), or choose another Storage:Messages:Engine.");
            Directory.Exists(Path.Combine(folder, "messages.rocksdb")).ShouldBeFalse();

            // The same process on SQLite: it is the library that was missing, not the namespace.
            await using var server = await ServerProcess.StartAsync(folder, null, Without, EmbeddedEngines.Setting("sqlite"));
            server.Output.ShouldNotContain("RocksDB");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static string EngineIs(string engine) => "--" + EmbeddedEngines.Setting(engine);
    }
}
