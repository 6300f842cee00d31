namespace ModularChat.Identity.Storage;

/// <summary>Finds the database's own exception: between it and us the framework may have put one or two.</summary>
internal static class Exceptions
{
    public static T? As<T>(this Exception e) where T : Exception
    {
        var found = e;
        // What a feature throws on purpose may carry one too, and is not it.
        while (found is not null and not T and not ModularChat.Contracts.ChatException)
        {
            found = found.InnerException;
        }
        return found as T;
    }
}
