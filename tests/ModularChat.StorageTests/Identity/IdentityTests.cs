namespace ModularChat.StorageTests.Identity;

/// <summary>A suite that runs over every deployment.</summary>
public abstract class IdentityTests(Deployment deployment)
{
    private protected Task<IdentityServer> StartAsync(params string[] settings) => IdentityServer.StartAsync(deployment, settings);
}

public sealed class AccountsInASqliteFile() : IdentityAccountTests(Deployment.SqliteFile);
public sealed class AccountsInTwoSqliteFiles() : IdentityAccountTests(Deployment.TwoSqliteFiles);
public sealed class AccountsInAPostgresDatabase() : IdentityAccountTests(Deployment.PostgresDatabase);
public sealed class AccountsInTwoPostgresDatabases() : IdentityAccountTests(Deployment.TwoPostgresDatabases);

public sealed class ApplicationsInASqliteFile() : IdentityApplicationTests(Deployment.SqliteFile);
public sealed class ApplicationsInTwoSqliteFiles() : IdentityApplicationTests(Deployment.TwoSqliteFiles);
public sealed class ApplicationsInAPostgresDatabase() : IdentityApplicationTests(Deployment.PostgresDatabase);
public sealed class ApplicationsInTwoPostgresDatabases() : IdentityApplicationTests(Deployment.TwoPostgresDatabases);

public sealed class ProfilesInASqliteFile() : IdentityProfileTests(Deployment.SqliteFile);
public sealed class ProfilesInTwoSqliteFiles() : IdentityProfileTests(Deployment.TwoSqliteFiles);
public sealed class ProfilesInAPostgresDatabase() : IdentityProfileTests(Deployment.PostgresDatabase);
public sealed class ProfilesInTwoPostgresDatabases() : IdentityProfileTests(Deployment.TwoPostgresDatabases);

public sealed class RelationsInASqliteFile() : IdentityRelationTests(Deployment.SqliteFile);
public sealed class RelationsInTwoSqliteFiles() : IdentityRelationTests(Deployment.TwoSqliteFiles);
public sealed class RelationsInAPostgresDatabase() : IdentityRelationTests(Deployment.PostgresDatabase);
public sealed class RelationsInTwoPostgresDatabases() : IdentityRelationTests(Deployment.TwoPostgresDatabases);

public sealed class SessionsInASqliteFile() : IdentitySessionTests(Deployment.SqliteFile);
public sealed class SessionsInTwoSqliteFiles() : IdentitySessionTests(Deployment.TwoSqliteFiles);
public sealed class SessionsInAPostgresDatabase() : IdentitySessionTests(Deployment.PostgresDatabase);
public sealed class SessionsInTwoPostgresDatabases() : IdentitySessionTests(Deployment.TwoPostgresDatabases);
