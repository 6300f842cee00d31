using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Calls.Calling;
using ModularChat.Calls.Rooms;
using ModularChat.Storage;

namespace ModularChat.Calls.Storage;

/// <summary>
/// A file in the data folder for each call and room of a single node, so that they outlive the process: written when members are told of a change, not with
/// each sign of life. A loss of power may take the last; then the call ends by its clients.
/// </summary>
internal sealed partial class Shelf(IServiceProvider services, IOptions<StorageOptions> storage, ILogger<Shelf> logger)
{
    private const string Calls = "call", Rooms = "room";

    // Only where one process has everything: several that share servers share a board too, and their folder may be anybody's.
    private readonly Lazy<string?> _folder = new(() =>
    {
        if (!storage.Value.Relational.IsEmbedded || storage.Value.Messages.Engine is not ("sqlite" or "rocksdb") || services.GetService(typeof(DataFolder)) is not DataFolder folder)
        {
            return null;
        }
        var path = folder.File("calls");
        Directory.CreateDirectory(path);
        return path;
    });

    public void Put(Call call) => Write(Calls, call.Id, call);

    public void Put(Room room) => Write(Rooms, room.ConversationId, room);

    public void Remove(Call call) => Delete(Calls, call.Id);

    public void Remove(Room room) => Delete(Rooms, room.ConversationId);

    public IReadOnlyList<Call> ReadCalls() => Read<Call>(Calls);

    public IReadOnlyList<Room> ReadRooms() => Read<Room>(Rooms);

    private void Write<T>(string kind, Guid id, T what)
    {
        if (_folder.Value is not { } folder)
        {
            return;
        }
        var path = Path.Combine(folder, $"{kind}-{id:N}.json");
        try
        {
            File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(what));
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The call goes on; only a restart now would forget it.
            Log.NotWritten(logger, e.Message);
        }
    }

    private void Delete(string kind, Guid id)
    {
        if (_folder.Value is not { } folder)
        {
            return;
        }
        try
        {
            File.Delete(Path.Combine(folder, $"{kind}-{id:N}.json"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NotWritten(logger, e.Message);
        }
    }

    private List<T> Read<T>(string kind)
    {
        List<T> found = [];
        foreach (var path in _folder.Value is { } folder ? Directory.GetFiles(folder, $"{kind}-*.json") : [])
        {
            try
            {
                if (JsonSerializer.Deserialize<T>(File.ReadAllBytes(path)) is { } one)
                {
                    found.Add(one);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
            {
                Log.NotRead(logger, Path.GetFileName(path), e.Message);
                File.Delete(path);
            }
        }
        return found;
    }

    private static partial class Log
    {
        [LoggerMessage(5003, LogLevel.Warning, "What a restart needs of a call could not be written: {Reason}")]
        public static partial void NotWritten(ILogger logger, string reason);

        [LoggerMessage(5004, LogLevel.Warning, "{File} in the data folder's calls cannot be read and is dropped: {Reason}")]
        public static partial void NotRead(ILogger logger, string file, string reason);
    }
}
