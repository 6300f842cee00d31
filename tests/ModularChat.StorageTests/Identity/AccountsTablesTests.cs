using Microsoft.EntityFrameworkCore;
using ModularChat.Identity.Keeping;
using ModularChat.Identity.Relations;
using ModularChat.Identity.Storage;

namespace ModularChat.StorageTests.Identity;

public sealed class AccountsTablesTests
{
    [Fact]
    public void A_backup_knows_every_table()
    {
        using var db = new IdentityDb(new DbContextOptionsBuilder<IdentityDb>().UseSqlite("Data Source=:memory:").Options);

        Tables.All().Select(t => t.Row).ShouldBe(db.Model.GetEntityTypes().Select(t => t.ClrType), ignoreOrder: true);
    }

    [Theory]
    [InlineData(Deployment.SqliteFile, Deployment.PostgresDatabase)]
    [InlineData(Deployment.PostgresDatabase, Deployment.SqliteFile)]
    [InlineData(Deployment.TwoSqliteFiles, Deployment.TwoPostgresDatabases)]
    public async Task A_backup_brings_accounts_to_the_other_engine(Deployment from, Deployment to)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        await using var one = await IdentityServer.StartAsync(from);
        var (alice, bob) = (await one.RegisterAsync("alice"), await one.EnterAsync("Ältester"));
        await one.Get<Friends>().RequestAsync(bob, alice.User.Id, cancel);
        var backup = await one.Get<AccountsCopy>().SaveAsync(folder.Path, cancel);

        await using var other = await IdentityServer.StartAsync(to);
        await other.Get<AccountsCopy>().RestoreAsync(backup, folder.Path, cancel);
        await other.RestartAsync();
        (await other.Get<AccountsCopy>().ReadAsync(cancel)).Select(file => file.Hash).ShouldBe(backup.Databases.Select(file => file.Hash));
        (await other.CallerAsync(alice)).IsAdministrator.ShouldBeTrue();
        (await other.LogInAsync("ältester")).User.Id.ShouldBe(bob.UserId);
        (await other.Get<Friends>().ListAsync(await other.CallerAsync(alice), cancel)).Friends.ShouldHaveSingleItem().State.ShouldBe("asked");
    }
}
