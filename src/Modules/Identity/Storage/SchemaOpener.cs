using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Storage;

namespace ModularChat.Identity.Storage;

/// <summary>What this program makes of the tables.</summary>
/// <param name="Version">Rises with each migration.</param>
/// <param name="OldestProgram">The lowest version whose program still works on the tables as this one leaves them. A release only adds, so it rises only when something is dropped, a release after its last use.</param>
internal sealed record SchemaRule(long Version, long OldestProgram)
{
    public static SchemaRule Ours { get; } = new(4, 4);
}

/// <summary>Brings the tables up to this program's version, refuses ones that it may not touch, and lets go of them at the end.</summary>
internal sealed class SchemaOpener(Databases databases, SchemaRule rule)
{
    private const string Schema = "schema", OldestProgram = "oldest-program", Installation = "installation", Place = "place";

    public async Task OpenAsync(CancellationToken token)
    {
        foreach (var database in databases.All)
        {
            await database.CheckAsync(token);
        }
        string? installation = null;
        for (var index = 0; index < databases.All.Count; index++)
        {
            var database = databases.All[index];
            await using var db = database.Open();
            await database.AloneAsync(db, async () => installation = await OpenAsync(db, database, index, installation, token), token);
        }
    }

    /// <summary>The place of the database that this is, or follows; -1 when it has none.</summary>
    public static async Task<int> PlaceAsync(IdentityDb db, CancellationToken token) =>
        await db.Facts.Where(fact => fact.Key == Place).Select(fact => (int?)fact.Number).SingleOrDefaultAsync(token) ?? -1;

    public void Close()
    {
        foreach (var database in databases.All)
        {
            database.Close();
        }
    }

    private async Task<string> OpenAsync(IdentityDb db, IDatabase database, int index, string? installation, CancellationToken token)
    {
        var isNew = !(await db.Database.GetAppliedMigrationsAsync(token)).Any();
        var facts = isNew ? [] : await db.Facts.ToDictionaryAsync(fact => fact.Key, StringComparer.Ordinal, token);
        var (version, oldest) = (facts.GetValueOrDefault(Schema)?.Number ?? 0, facts.GetValueOrDefault(OldestProgram)?.Number ?? 0);
        if (rule.Version < oldest)
        {
            throw new StartupException($"The accounts ({database.Name}) have schema version {version}, on which programs of version {oldest} or newer may run, but this one has {rule.Version}: start a newer program, or restore a backup.");
        }
        // What a newer program has added, this one does not see.
        if (rule.Version >= version)
        {
            if ((await db.Database.GetPendingMigrationsAsync(token)).Any())
            {
                await database.PrepareAsync(db, token);
                await db.Database.MigrateAsync(token);
            }
            Set(db, facts, Schema, rule.Version, null);
            Set(db, facts, OldestProgram, Math.Max(oldest, rule.OldestProgram), null);
        }
        var place = facts.GetValueOrDefault(Place) ?? (isNew ? null : new FactRow { Key = Place, Text = "1", Number = 0 });
        CheckPlace(database, place, facts.GetValueOrDefault(Installation)?.Text, index, installation);
        installation ??= facts.GetValueOrDefault(Installation)?.Text ?? Ids.New().ToString("N");
        Set(db, facts, Installation, 0, installation);
        Set(db, facts, Place, index, databases.All.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await db.SaveChangesAsync(token);
        return installation;
    }

    /// <summary>Users lie where their ids say, so neither the number of databases nor their order can change.</summary>
    private void CheckPlace(IDatabase database, FactRow? place, string? belongsTo, int index, string? installation)
    {
        if (place is not null && place.Text != databases.All.Count.ToString(System.Globalization.CultureInfo.InvariantCulture))
        {
            throw new StartupException($"The accounts ({database.Name}) were made over {place.Text} database(s), but Storage:Relational names {databases.All.Count}: their number is fixed when they are made.");
        }
        if (place is not null && place.Number != index)
        {
            throw new StartupException($"The database {database.Name} stands at place {index + 1} of Storage:Relational:Shards, but was made at place {place.Number + 1}: their order is fixed when they are made.");
        }
        if (index > 0 && (place is null != (belongsTo is null) || (belongsTo is not null && belongsTo != installation)))
        {
            throw new StartupException($"The database {database.Name} of Storage:Relational:Shards belongs to another installation than the first of them.");
        }
    }

    private static void Set(IdentityDb db, Dictionary<string, FactRow> facts, string key, long number, string? text)
    {
        if (facts.TryGetValue(key, out var fact))
        {
            fact.Number = number;
            fact.Text = text;
        }
        else
        {
            db.Facts.Add(new FactRow { Key = key, Number = number, Text = text });
        }
    }
}
