using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Names;
using ModularChat.Identity.Sessions;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Applications;

internal sealed record ApplicationRequest(string? Name, string[]? Scopes);

internal sealed record NewApplication(Guid Id, string Key)
{
    /// <summary>Names no secret.</summary>
    public override string ToString() => nameof(NewApplication);
}

internal sealed record ApplicationInfo(Guid Id, string Name, string[] Scopes, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt);

internal sealed record ApplicationsAnswer(ApplicationInfo[] Applications);

/// <summary>Keys of integrators' servers.</summary>
internal sealed class ApplicationKeys(IdentityStore store, Credentials credentials, TimeProvider time)
{
    public Task<NewApplication> AddAsync(ApplicationRequest request, CancellationToken token)
    {
        var name = Texts.Check("name", request.Name ?? throw ChatException.Invalid("name", "A name is needed."), 64);
        var scopes = request.Scopes?.Distinct(StringComparer.Ordinal).ToArray() ?? [];
        if (scopes.Length == 0 || scopes.Except(ApplicationScopes.All, StringComparer.Ordinal).Any())
        {
            throw ChatException.Invalid("scopes", $"scopes is a list of one or more of {string.Join(", ", ApplicationScopes.All)}.");
        }
        var key = Tokens.New(Tokens.Application);
        return store.WriteAsync(
            Scope.Directory,
            work =>
            {
                var row = new ApplicationRow
                {
                    Id = Ids.New(),
                    Name = name,
                    KeyHash = Tokens.Hash(key),
                    Scopes = string.Join(' ', scopes),
                    CreatedAt = time.GetUtcNow(),
                };
                work.Directory.Applications.Add(row);
                return Task.FromResult(new NewApplication(row.Id, key));
            },
            token);
    }

    public Task<ApplicationsAnswer> ListAsync(CancellationToken token) =>
        store.ReadDirectoryAsync(
            async db => new ApplicationsAnswer([.. (await db.Applications.OrderBy(row => row.CreatedAt).ToListAsync(token))
                .Select(row => new ApplicationInfo(row.Id, row.Name, row.Scopes.Split(' '), row.CreatedAt, row.RevokedAt))]),
            token);

    /// <summary>The key is of no more use, at once on this node; elsewhere within 30 seconds.</summary>
    public async Task RevokeAsync(Guid id, CancellationToken token)
    {
        DateTimeOffset? now = time.GetUtcNow();
        var revoked = await store.WriteAsync(
            Scope.Directory,
            work => work.Directory.Applications.Where(row => row.Id == id && row.RevokedAt == null)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.RevokedAt, now), token),
            token);
        credentials.ForgetApplication(id);
        if (revoked == 0)
        {
            throw new ChatException(ProblemCodes.NotFound, "There is no such application, or its key was revoked before.");
        }
    }
}
