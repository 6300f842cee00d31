using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Notifications.Keeping;
using ModularChat.Notifications.Storage;
using ModularChat.Notifications.Tracing;

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

    /// <summary>What was done about messages for a user, a line a step.</summary>
    public static async Task<IReadOnlyList<string>> TraceAsync(IServiceProvider services, Guid userId, string? messageId, CancellationToken token)
    {
        var message = messageId is null ? ((Guid, long)?)null : TraceHandlers.Parse(messageId);
        var steps = await TraceHandlers.ReadAsync(services.GetRequiredService<PushStore>(), userId, message, token);
        return [.. steps.Select(step => string.Create(
            CultureInfo.InvariantCulture, $"{step.At:yyyy-MM-dd HH:mm:ss.fff} {step.ConversationId}:{step.Seq} {step.Step.ToString().ToLowerInvariant(),-10} {step.Detail}").TrimEnd())];
    }

    /// <summary>Sends a push that says nothing to all devices of a user; a line a device says what came of it.</summary>
    public static async Task<IReadOnlyList<string>> TestAsync(IServiceProvider services, Guid userId, CancellationToken token) =>
        (await services.GetRequiredService<TestPush>().RunAsync(userId, TimeSpan.FromSeconds(20), token)).ConvertAll(
            tested => $"{tested.Device.Kind} {tested.Device.Provider} '{tested.Device.Name}': {(tested.Step is { } step ? $"{step} ({tested.Detail})" : "no answer yet")}");

    /// <summary>What is kept of a user, as a JSON object.</summary>
    public static Task<string> ExportUserAsync(IServiceProvider services, Guid userId, CancellationToken token) =>
        services.GetRequiredService<PushCopy>().ExportAsync(userId, token);

    /// <summary>Forgets what is kept of a user.</summary>
    public static Task EraseUserAsync(IServiceProvider services, Guid userId, CancellationToken token) =>
        services.GetRequiredService<PushCopy>().EraseAsync(userId, token);
}
