using Microsoft.EntityFrameworkCore;
using ModularChat.Identity.Keeping;
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
}
