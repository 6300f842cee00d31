namespace ModularChat.Storage;

/// <summary>The program cannot start as things are. The message is one sentence for the person who started it; Host prints it and exits with 1.</summary>
public sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
