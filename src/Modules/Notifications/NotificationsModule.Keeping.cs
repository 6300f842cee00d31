using Microsoft.Extensions.DependencyInjection;
using ModularChat.Notifications.Keeping;

namespace ModularChat.Notifications;

/// <summary>What the operator does with what is kept: save, put back, export, erase.</summary>
public static partial class NotificationsModule
{
    /// <summary>The name of the module's file in a backup.</summary>
    public const string SavedFile = "notifications.json";

    /// <summary>Saves keys, subscriptions and what users want into a new file. What waits to be sent is not in it.</summary>
    public static Task BackUpAsync(IServiceProvider services, string file, CancellationToken token) =>
        services.GetRequiredService<PushCopy>().SaveAsync(file, token);

    /// <summary>Puts back what <see cref="BackUpAsync"/> has saved, in the place of all that is there.</summary>
    public static Task RestoreAsync(IServiceProvider services, string file, CancellationToken token) =>
        services.GetRequiredService<PushCopy>().RestoreAsync(file, token);

    /// <summary>What is kept of a user, as a JSON object.</summary>
    public static Task<string> ExportUserAsync(IServiceProvider services, Guid userId, CancellationToken token) =>
        services.GetRequiredService<PushCopy>().ExportAsync(userId, token);

    /// <summary>Forgets what is kept of a user.</summary>
    public static Task EraseUserAsync(IServiceProvider services, Guid userId, CancellationToken token) =>
        services.GetRequiredService<PushCopy>().EraseAsync(userId, token);
}
