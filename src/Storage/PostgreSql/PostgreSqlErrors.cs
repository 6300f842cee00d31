using System.Net.Sockets;
using Npgsql;

namespace ModularChat.Storage.PostgreSql;

/// <summary>What an error of the server or of the way to it means.</summary>
public static class PostgreSqlErrors
{
    /// <summary>True when the server is away, busy or told to end: the same may work in a moment. What was under way may have happened or not.</summary>
    public static bool IsAway(Exception error) => error switch
    {
        PostgresException server => server.SqlState is ['0', '8', ..] or ['4', '0', ..] or ['5', '3', ..] or ['5', '7', ..] or ['5', '8', ..] or "55P03" or "25006" or "25P03",
        NpgsqlException or SocketException or TimeoutException or ObjectDisposedException => true,
        _ => error.InnerException is { } inner && IsAway(inner),
    };

    /// <summary>The rest of the sentence "PostgreSQL at ... ": why it could not be used. Names no password.</summary>
    public static string Explain(Exception error) => error switch
    {
        PostgresException { SqlState: "28P01" or "28000" } => "does not accept this user and password.",
        PostgresException { SqlState: "3D000" } => "has no such database: make it first (CREATE DATABASE).",
        PostgresException { SqlState: "42501" } server => $"does not let this user do what is needed: {server.MessageText}.",
        PostgresException server => $"refuses: {server.MessageText} ({server.SqlState}).",
        _ => $"does not answer: {Deepest(error).Message.TrimEnd('.')}.",
    };

    private static Exception Deepest(Exception error) => error.InnerException is { } inner ? Deepest(inner) : error;
}
