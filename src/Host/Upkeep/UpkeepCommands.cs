using System.Globalization;
using ModularChat.Contracts.Messaging;
using ModularChat.Host.Roles;
using ModularChat.Identity;
using ModularChat.Messaging;
using ModularChat.Notifications;
using ModularChat.Presence;
using ModularChat.Storage;

namespace ModularChat.Host.Upkeep;

/// <summary>What can be done to the data, on a running server and without one. Each returns the exit code of the tool.</summary>
internal static class UpkeepCommands
{
    /// <summary>Runs one.</summary>
    /// <exception cref="StartupException">It does not go as things are.</exception>
    public static Task<int> RunAsync(IServiceProvider services, UpkeepOrder order, IUpkeepOutput output, CancellationToken token)
    {
        var loaded = services.GetRequiredService<LoadedModules>();
        if (Needs(order.Command).FirstOrDefault(m => !loaded.Loads(m)) is { } missing)
        {
            throw new StartupException($"This server is {loaded.Text} and has not the module {missing}, which {order.Command} needs: run it where that is (Cluster:Roles).");
        }
        return RunHereAsync(services, order, output, token);
    }

    /// <summary>The modules that a command works on.</summary>
    private static string[] Needs(string command) =>
        command.StartsWith("user ", StringComparison.Ordinal) || command == "backup" ? ["Identity", "Messaging", "Presence", "Notifications"] : ["Messaging"];

    private static Task<int> RunHereAsync(IServiceProvider services, UpkeepOrder order, IUpkeepOutput output, CancellationToken token) => order.Command switch
    {
        "store verify" => VerifyAsync(services, output, token),
        "store stats" => StatsAsync(services, order, output, token),
        "store rebalance" => RebalanceAsync(services, order, output, token),
        "user export" => ExportAsync(services, order.Arguments["name"], output, token),
        "user erase" => EraseAsync(services, order.Arguments["name"], output, token),
        "push trace" => PushTraceAsync(services, order, output, token),
        "push test" => PushTestAsync(services, order, output, token),
        "retention" => RetainAsync(services, order, output, token),
        "backup" => Backup.SaveAsync(services, order.Arguments["folder"], output, token),
        _ => throw new StartupException($"A running server does not know the command {order.Command}: is it of another version?"),
    };

    /// <summary>The result of a check in lines; the exit code says whether anything was found.</summary>
    public static int Tell(LogCheck check, IUpkeepOutput output)
    {
        foreach (var finding in check.Findings)
        {
            output.Line(finding);
        }
        if (check.FindingCount > check.Findings.Length)
        {
            output.Line(Text($"... and {check.FindingCount - check.Findings.Length:N0} more."));
        }
        output.Line(Text($"{check.Conversations:N0} conversations, {check.Members:N0} members, {check.Entries:N0} entries; hash {check.Hash}"));
        if (check.Unchecked > 0)
        {
            output.Line(Text($"{check.Unchecked:N0} entries are older than checksums: a flipped byte in their text is not found."));
        }
        output.Line(check.FindingCount == 0 ? "Everything is right." : Text($"{check.FindingCount:N0} things are wrong."));
        return check.FindingCount == 0 ? 0 : 1;
    }

    private static async Task<int> VerifyAsync(IServiceProvider services, IUpkeepOutput output, CancellationToken token) =>
        Tell(await MessagingModule.VerifyAsync(services, new Told(output), token), output);

    private static async Task<int> StatsAsync(IServiceProvider services, UpkeepOrder order, IUpkeepOutput output, CancellationToken token)
    {
        var figures = await MessagingModule.ReadFiguresAsync(services, order.Number("top", 10), token);
        output.Line(Text($"{figures.Bytes:N0} bytes, {figures.Conversations:N0} conversations, {figures.Members:N0} members, {figures.Entries:N0} entries ({figures.Messages:N0} messages were sent), oldest of {Day(figures.Oldest)}"));
        if (figures.Cut > 0)
        {
            output.Line(Text($"{figures.Cut:N0} entries were taken away by retention."));
        }
        foreach (var one in figures.Largest)
        {
            output.Line(Text($"{one.ConversationId} {one.Kind.ToString().ToLowerInvariant(),-7} {one.Entries,12:N0} entries {one.Bytes,14:N0} bytes {one.Members,7:N0} members, oldest of {Day(one.Oldest)}"));
        }
        return 0;
    }

    private static async Task<int> RebalanceAsync(IServiceProvider services, UpkeepOrder order, IUpkeepOutput output, CancellationToken token)
    {
        var moved = await MessagingModule.RebalanceAsync(services, order.Has("dry-run"), new Told(output), token);
        output.Line(order.Has("dry-run") ? Text($"{moved} shards would move.") : Text($"{moved} shards moved."));
        return 0;
    }

    private static async Task<int> RetainAsync(IServiceProvider services, UpkeepOrder order, IUpkeepOutput output, CancellationToken token)
    {
        var isDry = order.Has("dry-run");
        var result = await MessagingModule.RetainAsync(services, isDry, new Told(output), token);
        output.Line(isDry
            ? Text($"{result.Entries:N0} entries of {result.Conversations:N0} conversations would be taken away.")
            : Text($"{result.Entries:N0} entries of {result.Conversations:N0} conversations were taken away; {result.Left:N0} rows left the databases{(result.IsPurged ? ", which were packed" : "")}."));
        return 0;
    }

    /// <summary>One JSON document, a conversation a line.</summary>
    private static async Task<int> ExportAsync(IServiceProvider services, string name, IUpkeepOutput output, CancellationToken token)
    {
        var user = await IdentityModule.FindUserAsync(services, name, token);
        output.Line($"{{\"account\":{await IdentityModule.ExportUserAsync(services, user, token)},");
        output.Line($"\"presence\":{await PresenceModule.ExportUserAsync(services, user, token)},");
        output.Line($"\"push\":{await NotificationsModule.ExportUserAsync(services, user, token)},");
        output.Line("\"conversations\":[");
        string? last = null;
        await foreach (var line in MessagingModule.ExportUserAsync(services, user, token))
        {
            if (last is not null)
            {
                output.Line(last + ",");
            }
            last = line;
        }
        output.Line((last ?? "") + "]}");
        return 0;
    }

    private static async Task<int> EraseAsync(IServiceProvider services, string name, IUpkeepOutput output, CancellationToken token)
    {
        var user = await IdentityModule.FindUserAsync(services, name, token);
        // The sessions end first: nobody writes on while it is being erased. The name goes last, so that a broken-off try finds the user again.
        await IdentityModule.EndSessionsAsync(services, user, token);
        var messages = await MessagingModule.EraseUserAsync(services, user, new Told(output), token);
        await PresenceModule.EraseUserAsync(services, user, token);
        await NotificationsModule.EraseUserAsync(services, user, token);
        await IdentityModule.EraseUserAsync(services, user, token);
        output.Line(Text($"{messages:N0} messages were emptied; the account {user} is a removed user now."));
        output.Line("Copies made by others are out of reach: backups, snapshots of file systems, the write-ahead logs and archives of database servers, clients.");
        return 0;
    }

    private static async Task<int> PushTraceAsync(IServiceProvider services, UpkeepOrder order, IUpkeepOutput output, CancellationToken token)
    {
        var user = await IdentityModule.FindUserAsync(services, order.Arguments["name"], token);
        foreach (var line in await NotificationsModule.TraceAsync(services, user, order.Arguments.GetValueOrDefault("message"), token))
        {
            output.Line(line);
        }
        return 0;
    }

    private static async Task<int> PushTestAsync(IServiceProvider services, UpkeepOrder order, IUpkeepOutput output, CancellationToken token)
    {
        var user = await IdentityModule.FindUserAsync(services, order.Arguments["name"], token);
        var lines = await NotificationsModule.TestAsync(services, user, token);
        foreach (var line in lines)
        {
            output.Line(line);
        }
        if (lines.Count == 0)
        {
            output.Line("This user has no subscription.");
        }
        return lines.Count > 0 && lines.All(line => line.Contains(": Sent ", StringComparison.Ordinal)) ? 0 : 1;
    }

    private static string Day(DateTimeOffset? at) => at?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "never";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Progress without a number is a line.</summary>
    internal sealed class Told(IUpkeepOutput output) : IProgress<UpkeepProgress>
    {
        public void Report(UpkeepProgress value)
        {
            if (value.Of == 0)
            {
                output.Line(value.What);
            }
            else
            {
                output.Progress(value);
            }
        }
    }
}
