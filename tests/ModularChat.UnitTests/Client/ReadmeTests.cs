namespace ModularChat.UnitTests.Client;

public sealed class ReadmeTests
{
    [Fact]
    public void The_bot_in_the_README_is_the_sample_that_compiles_and_is_shorter_than_thirty_lines()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "ModularChat.sln")))
        {
            root = Path.GetDirectoryName(root).ShouldNotBeNull();
        }
        var readme = File.ReadAllText(Path.Combine(root, "src/Client/README.md"));
        var bot = readme.Split("```csharp\n")[1].Split("```")[0];
        bot.ShouldBe(File.ReadAllText(Path.Combine(root, "samples/EchoBot/Program.cs")));
        bot.Split('\n').Length.ShouldBeLessThan(30);
    }
}
