namespace ModularChat.Storage;

/// <summary>Keeps an older program from touching files that a newer one has made.</summary>
public static class SchemaVersion
{
    /// <summary>Refuses a file whose schema is newer than what this program knows.</summary>
    /// <exception cref="StartupException">When <paramref name="found"/> is above <paramref name="known"/>.</exception>
    public static void Check(string file, long found, long known)
    {
        if (found > known)
        {
            throw new StartupException($"{file} has schema version {found}, but this program knows only up to {known}: start a newer program, or restore a copy of its time.");
        }
    }
}
