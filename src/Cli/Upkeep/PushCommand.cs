using System.CommandLine;

namespace ModularChat.Cli.Upkeep;

/// <summary><c>chat push</c>: why a push came, or did not; and whether the way to a device is open.</summary>
internal static class PushCommand
{
    public static Command Make() => new("push", "Push to devices that are not connected.")
    {
        StoreCommand.Ordered(
            "trace", "Says what was done about messages for a user, and what push services answered.", "push trace",
            new Argument<string>("name") { Description = "The user's name." },
            new Option<string?>("--message") { Description = "Only of one message: its conversation's id and its seq with a colon between." }),
        StoreCommand.Ordered(
            "test", "Sends a push that says nothing to all devices of a user, and waits for what comes of it; exit code 1 unless all took it.", "push test",
            new Argument<string>("name") { Description = "The user's name." }),
    };
}
