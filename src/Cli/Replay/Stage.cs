using System.Globalization;
using ModularChat.Client;

namespace ModularChat.Cli.Replay;

/// <summary>Sets the stage: users, groups, and a log-in for each device, by application key. Repeats what a busy or restarting server refuses.</summary>
internal sealed class Stage(ReplayPlan plan, ChatApi application, string key, HttpMessageInvoker http, Uri url, ReplayProgress progress, TimeProvider time)
{
    private const int Parallel = 32, AddStep = 100;

    public async Task MakeUsersAsync(CancellationToken token)
    {
        progress.Begin("people", plan.People.Count);
        await ForEachAsync(plan.People, async (person, token) =>
            person.UserId = (await RetryAsync(() => application.PutApplicationUserAsync(person.ExternalId, displayName: person.Nick, token: token), token)).Id, token);
    }

    public async Task MakeGroupsAsync(CancellationToken token)
    {
        progress.Begin("groups", plan.Groups.Count);
        await ForEachAsync(plan.Groups, async (group, token) =>
        {
            Guid[] members = [.. group.Members.Select(index => plan.People[index].UserId)];
            var owner = new ChatApi(http, url, new ChatCredentials(key, members[0]));
            await RetryAsync(() => owner.CreateGroupAsync(group.Id, group.Title, [.. members.Skip(1).Take(AddStep - 1)], token: token), token);
            for (var i = AddStep; i < members.Length; i += AddStep)
            {
                var step = members.Skip(i).Take(AddStep).ToArray();
                var id = ClientIds.New();
                await RetryAsync(() => owner.AddMembersAsync(group.Id, step, id, token), token);
            }
        }, token);
    }

    public async Task<string[]> LogInAsync(string device, CancellationToken token)
    {
        progress.Begin($"log-ins ({device})", plan.People.Count);
        var tokens = new string[plan.People.Count];
        await ForEachAsync(plan.People, async (person, token) => tokens[person.Index] = (await RetryAsync(
            () => application.CreateApplicationSessionAsync(person.ExternalId, new DeviceDescription(device, "replay"), token), token)).Token, token);
        return tokens;
    }

    public async Task ForEachAsync<T>(IReadOnlyList<T> items, Func<T, CancellationToken, Task> work, CancellationToken token) =>
        await System.Threading.Tasks.Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = token }, async (item, token) =>
        {
            await work(item, token);
            progress.Step();
        });

    /// <summary>Every request here is safe to repeat.</summary>
    public async Task<T> RetryAsync<T>(Func<Task<T>> request, CancellationToken token)
    {
        for (var attempt = 0; ; attempt++)
        {
            TimeSpan delay;
            try
            {
                return await request();
            }
            catch (ChatProblemException refused) when (refused.Problem.Retryable && attempt < 60)
            {
                delay = TimeSpan.FromMilliseconds(refused.Problem.RetryAfterMs ?? 500);
            }
            catch (HttpRequestException) when (attempt < 60)
            {
                delay = TimeSpan.FromSeconds(1);
            }
            catch (ChatProblemException refused)
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"During {progress.Stage} the server answered {refused.Problem.Status}: {refused.Message}"), refused);
            }
            await Task.Delay(delay, time, token);
        }
    }
}
