using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Moving;
using ModularChat.Messaging.Upkeep;

namespace ModularChat.Messaging;

/// <summary>
/// What the one who runs the server does to the message log: on the log of the running server where there is one, else on the databases that the
/// settings name.
/// </summary>
public static partial class MessagingModule
{
    /// <summary>How much the log holds.</summary>
    public static Task<LogFigures> ReadFiguresAsync(IServiceProvider services, int top, CancellationToken token) =>
        LogAccess.Of(services).UseAsync(log => LogStats.ReadAsync(log, top, token), token);

    /// <summary>Checks every row of the log.</summary>
    public static Task<LogCheck> VerifyAsync(IServiceProvider services, IProgress<UpkeepProgress> progress, CancellationToken token) =>
        LogAccess.Of(services).UseAsync(log => LogVerify.RunAsync(log, progress, token), token);

    /// <summary>Copies a log into other databases; while no server runs on either.</summary>
    /// <returns>What a check of the copy found.</returns>
    public static Task<LogCheck> CopyAsync(IServiceProvider services, LogPlace from, LogPlace to, IProgress<UpkeepProgress> progress, CancellationToken token) =>
        services.GetRequiredService<LogCopy>().RunAsync(from, to, progress, token);

    /// <summary>Moves shards to the databases where they belong, or only tells which; on one database there is nothing to move.</summary>
    /// <returns>How many.</returns>
    public static Task<int> RebalanceAsync(IServiceProvider services, bool dryRun, IProgress<UpkeepProgress> progress, CancellationToken token) =>
        LogAccess.Of(services).UseAsync(log => services.GetRequiredService<LogRebalance>().RunAsync(log, dryRun, progress, token), token);

    /// <summary>Begins a new run: what clients have seen past the present positions is no part of this log.</summary>
    public static Task<Guid> BeginRunAsync(IServiceProvider services, CancellationToken token) =>
        LogAccess.Of(services).UseAsync(log => services.GetRequiredService<LogRebalance>().BeginRunAsync(log, token), token);

    /// <summary>Writes the whole log into a folder, beside running writes.</summary>
    public static Task<LogBackup> BackUpAsync(IServiceProvider services, string folder, IProgress<UpkeepProgress> progress, CancellationToken token) =>
        LogAccess.Of(services).UseAsync(log => services.GetRequiredService<LogSave>().RunAsync(log, folder, progress, token), token);

    /// <summary>Refuses to restore over something.</summary>
    /// <exception cref="ModularChat.Storage.StartupException">The databases of the settings hold a log.</exception>
    public static Task CheckEmptyAsync(IServiceProvider services, CancellationToken token) => services.GetRequiredService<LogRestore>().CheckEmptyAsync(token);

    /// <summary>Puts a log back into the empty databases of the settings, and begins a run.</summary>
    public static Task RestoreAsync(IServiceProvider services, LogBackup backup, string folder, IProgress<UpkeepProgress> progress, CancellationToken token) =>
        services.GetRequiredService<LogRestore>().RunAsync(backup, folder, progress, token);

    /// <summary>Takes away what the settings no longer keep, or only counts it.</summary>
    public static Task<RetentionResult> RetainAsync(IServiceProvider services, bool dryRun, IProgress<UpkeepProgress> progress, CancellationToken token) =>
        LogAccess.Of(services).UseAsync(log => services.GetRequiredService<Retention>().RunAsync(log, dryRun, progress, token), token);

    /// <summary>All that the log has of a user: a line of JSON for each conversation. On a running server.</summary>
    public static IAsyncEnumerable<string> ExportUserAsync(IServiceProvider services, Guid userId, CancellationToken token) =>
        services.GetRequiredService<UserData>().ExportAsync(userId, token);

    /// <summary>Empties all messages of a user, has the user leave all groups, and has what is gone leave the files. On a running server.</summary>
    /// <returns>How many messages.</returns>
    public static Task<long> EraseUserAsync(IServiceProvider services, Guid userId, IProgress<UpkeepProgress> progress, CancellationToken token) =>
        services.GetRequiredService<UserData>().EraseAsync(userId, progress, token);
}
