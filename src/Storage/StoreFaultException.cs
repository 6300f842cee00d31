namespace ModularChat.Storage;

/// <summary>An engine answered with an error. Stores turn it into what their own interface promises.</summary>
public abstract class StoreFaultException(string message) : Exception(message);
