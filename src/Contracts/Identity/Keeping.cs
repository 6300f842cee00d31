namespace ModularChat.Contracts.Identity;

/// <summary>The accounts in a backup.</summary>
/// <param name="Version">The version of their tables: only a program that knows it can put them back.</param>
/// <param name="Databases">Their databases, in order.</param>
public sealed record AccountsBackup(long Version, AccountsFile[] Databases);

/// <summary>The tables of one database of accounts.</summary>
/// <param name="File">The file, within the backup: a line of JSON for each row.</param>
/// <param name="Rows">Rows by table.</param>
/// <param name="Hash">The hash of all lines, whatever their order.</param>
public sealed record AccountsFile(string File, Dictionary<string, long> Rows, string Hash);
