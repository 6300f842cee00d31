using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Keeping;

/// <summary>Every table, as rows in JSON that no engine has its own form of.</summary>
internal static class Tables
{
    /// <summary>All of them; a test compares with the model.</summary>
    public static IReadOnlyList<Table> All() =>
    [
        new Table<UserRow>("users"), new Table<SessionRow>("sessions"), new Table<ApplicationRow>("applications"), new Table<ExternalUserRow>("external_users"),
        new Table<CodeRow>("codes"), new Table<SettingsRow>("settings"), new Table<VersionRow>("versions"), new Table<FriendshipRow>("friendships"),
        new Table<BlockRow>("blocks"), new Table<DraftRow>("drafts"), new Table<FactRow>("facts"), new Table<NameRow>("names"), new Table<NoteRow>("notes"),
    ];

    internal abstract class Table(string name)
    {
        public string Name => name;

        public abstract Type Row { get; }

        /// <summary>Every row, in no order.</summary>
        public abstract IAsyncEnumerable<string> ReadAsync(IdentityDb db);

        /// <summary>Takes a row in; it is written with the context.</summary>
        public abstract void Add(IdentityDb db, string row);

        public abstract Task ClearAsync(IdentityDb db, CancellationToken token);
    }

    private sealed class Table<T>(string name) : Table(name)
        where T : class
    {
        public override Type Row => typeof(T);

        public override async IAsyncEnumerable<string> ReadAsync(IdentityDb db)
        {
            await foreach (var row in db.Set<T>().AsNoTracking().AsAsyncEnumerable())
            {
                yield return JsonSerializer.Serialize(row);
            }
        }

        public override void Add(IdentityDb db, string row) => db.Add(JsonSerializer.Deserialize<T>(row)!);

        public override Task ClearAsync(IdentityDb db, CancellationToken token) => db.Set<T>().ExecuteDeleteAsync(token);
    }
}
