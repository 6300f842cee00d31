namespace ModularChat.Messaging.Storage.Moving;

/// <summary>Reads a file again from the first byte to the last, and works out the hash of the rows that it makes up.</summary>
internal static class RowFileHash
{
    /// <summary>The hash of the rows of a file.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or not whole.</exception>
    public static async Task<ContentHash> ReadAsync(string path, CancellationToken token)
    {
        var last = await LastChangesAsync(path, token);
        var hash = new ContentHash();
        await using var reader = await RowFileReader.OpenAsync(path, token);
        await foreach (var record in reader.ReadAsync(token))
        {
            if (record is { Conversation: null, Entry: null })
            {
                // The changes were read before; the rest only has to be whole.
                continue;
            }
            if (reader.HasChanges || last.ContainsKey(Key(record)))
            {
                continue;
            }
            Add(hash, record);
        }
        foreach (var record in last.Values)
        {
            Add(hash, record);
        }
        return hash;
    }

    /// <summary>What replaced rows before it: as much as changed while the backup was made.</summary>
    private static async Task<Dictionary<(Guid, long), RowRecord>> LastChangesAsync(string path, CancellationToken token)
    {
        var last = new Dictionary<(Guid, long), RowRecord>();
        await using var reader = await RowFileReader.OpenAsync(path, token);
        await foreach (var record in reader.ReadAsync(token))
        {
            if (reader.HasChanges && record is not { Conversation: null, Entry: null })
            {
                last[Key(record)] = record;
            }
        }
        return last;
    }

    private static (Guid Conversation, long Seq) Key(RowRecord record) =>
        record.Conversation is { } membership ? (membership.Head.ConversationId, 0) : (record.Entry!.ConversationId, record.Entry.Seq);

    private static void Add(ContentHash hash, RowRecord record)
    {
        if (record.Conversation is { } membership)
        {
            hash.Add(membership);
        }
        else
        {
            hash.Add(record.Entry!);
        }
    }
}
