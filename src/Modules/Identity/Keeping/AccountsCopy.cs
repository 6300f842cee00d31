using System.Data;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Storage;
using ModularChat.Storage;

namespace ModularChat.Identity.Keeping;

/// <summary>Writes all accounts into files and puts them back; the form is the same for every engine.</summary>
internal sealed class AccountsCopy(Databases databases, SchemaRule rule)
{
    private const int RowsATime = 500;

    /// <summary>Each database as one moment has it.</summary>
    public async Task<AccountsBackup> SaveAsync(string folder, CancellationToken token)
    {
        Directory.CreateDirectory(Path.Combine(folder, "accounts"));
        var files = new List<AccountsFile>();
        for (var i = 0; i < databases.All.Count; i++)
        {
            var name = Path.Combine("accounts", string.Create(CultureInfo.InvariantCulture, $"{i}.jsonl"));
            await using var file = new StreamWriter(new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write), new UTF8Encoding(false));
            files.Add(await ReadAsync(databases.All[i], name, (table, row) => file.WriteLine($"{table} {row}"), token));
            await file.FlushAsync(token);
            ((FileStream)file.BaseStream).Flush(flushToDisk: true);
        }
        return new AccountsBackup(rule.Version, [.. files]);
    }

    /// <summary>Refuses to put something over accounts that are there.</summary>
    /// <exception cref="StartupException">There are some.</exception>
    public async Task CheckEmptyAsync(CancellationToken token)
    {
        foreach (var database in databases.All)
        {
            await using var db = database.Open();
            if ((await db.Database.GetAppliedMigrationsAsync(token)).Any() && await db.Users.AnyAsync(token))
            {
                throw new StartupException($"{database.Name} holds accounts already: restore into an empty data folder and empty databases.");
            }
        }
    }

    /// <summary>Puts them into empty tables.</summary>
    /// <exception cref="StartupException">The backup is of a newer program, or of another number of databases.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public async Task RestoreAsync(AccountsBackup backup, string folder, CancellationToken token)
    {
        SchemaVersion.Check("The accounts in the backup", backup.Version, rule.Version);
        if (backup.Databases.Length != databases.All.Count)
        {
            throw new StartupException($"The backup's accounts lie in {backup.Databases.Length} databases, but Storage:Relational names {databases.All.Count}.");
        }
        for (var i = 0; i < databases.All.Count; i++)
        {
            await RestoreAsync(databases.All[i], backup.Databases[i], folder, token);
        }
    }

    /// <summary>What is there now, in the words of a backup.</summary>
    public async Task<AccountsFile[]> ReadAsync(CancellationToken token)
    {
        var files = new List<AccountsFile>();
        foreach (var database in databases.All)
        {
            files.Add(await ReadAsync(database, "", (_, _) => { }, token));
        }
        return [.. files];
    }

    private static async Task<AccountsFile> ReadAsync(IDatabase database, string name, Action<string, string> take, CancellationToken token)
    {
        var (rows, sum) = (new Dictionary<string, long>(StringComparer.Ordinal), new LineSum());
        // An embedded engine would keep writers polling for as long as this reads.
        using var held = database.Writer is { } writer ? await HoldAsync(writer, token) : null;
        await using var db = database.Open();
        await database.TakeTimeAsync(db, token);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, token);
        foreach (var table in Tables.All())
        {
            rows[table.Name] = 0;
            await foreach (var row in table.ReadAsync(db).WithCancellation(token))
            {
                rows[table.Name]++;
                sum.Add($"{table.Name} {row}");
                take(table.Name, row);
            }
        }
        return new AccountsFile(name, rows, sum.ToString());
    }

    private static async Task RestoreAsync(IDatabase database, AccountsFile file, string folder, CancellationToken token)
    {
        var path = Path.Combine(folder, file.File);
        await CheckAsync(path, file, token);
        var tables = Tables.All().ToDictionary(t => t.Name, StringComparer.Ordinal);
        await using var db = database.Open();
        await database.TakeTimeAsync(db, token);
        await using var transaction = await db.Database.BeginTransactionAsync(token);
        foreach (var table in tables.Values)
        {
            // The facts that were made with the tables are this installation's; those of the backup count.
            await table.ClearAsync(db, token);
        }
        var added = 0;
        await foreach (var line in File.ReadLinesAsync(path, token))
        {
            var blank = line.IndexOf(' ', StringComparison.Ordinal);
            tables[line[..blank]].Add(db, line[(blank + 1)..]);
            if (++added % RowsATime == 0)
            {
                await db.SaveChangesAsync(token);
                db.ChangeTracker.Clear();
            }
        }
        await db.SaveChangesAsync(token);
        await transaction.CommitAsync(token);
    }

    private static async Task CheckAsync(string path, AccountsFile file, CancellationToken token)
    {
        var sum = new LineSum();
        await foreach (var line in File.ReadLinesAsync(path, token))
        {
            sum.Add(line);
        }
        if (sum.ToString() != file.Hash)
        {
            throw new InvalidDataException($"{path} is damaged: its lines are not those that were written.");
        }
    }

    private static async Task<IDisposable> HoldAsync(SemaphoreSlim writer, CancellationToken token)
    {
        await writer.WaitAsync(token);
        return new Held(writer);
    }

    private sealed class Held(SemaphoreSlim writer) : IDisposable
    {
        public void Dispose() => writer.Release();
    }

    /// <summary>The SHA-256 of each line, added up: two engines give rows in different orders.</summary>
    private sealed class LineSum
    {
        private BigInteger _sum;

        public void Add(string line) => _sum += new BigInteger(SHA256.HashData(Encoding.UTF8.GetBytes(line)), isUnsigned: true, isBigEndian: true);

        public override string ToString() => (_sum % (BigInteger.One << 256)).ToString("x64", CultureInfo.InvariantCulture);
    }
}
