using System.Globalization;
using System.Text.Json;
using ModularChat.Client;

namespace ModularChat.Cli.Prove;

/// <summary>Waits after a fault until all is as it should be, and says how long that took.</summary>
internal sealed class Recovery(LocalCluster cluster, Crowd crowd, ProveOptions options, Proof proof, HttpMessageInvoker http, TimeProvider time)
{
    private const int Asked = 40;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250), Answer = TimeSpan.FromSeconds(3);

    /// <summary>All nodes are ready, and every device has what was confirmed until now.</summary>
    public async Task<TimeSpan> GreenAsync(CancellationToken token)
    {
        var heads = proof.Heads();
        return await UntilAsync(
            async () => await ReadyAsync(token) is { Length: > 0 } not ? not : crowd.HaveAll(heads) ? "" : $"devices lack what was confirmed: {crowd.Lacking(heads)}",
            options.GreenWithin, Wrong.NotGreen, token);
    }

    /// <summary>Every node says of everybody what is so.</summary>
    public async Task<TimeSpan> PresenceAsync(CancellationToken token)
    {
        List<Guid> online = [.. crowd.Present.Where((_, i) => !crowd.Devices[i].IsAway).Take(Asked)];
        List<Guid> offline = [.. crowd.Nobody, .. crowd.Present.Where((_, i) => crowd.Devices[i].IsAway)];
        return await UntilAsync(async () =>
        {
            foreach (var node in cluster.Fronts)
            {
                if (await PresenceOfAsync(node, online, offline, token) is { Length: > 0 } wrong)
                {
                    return wrong;
                }
            }
            return "";
        }, options.PresenceWithin, Wrong.PresenceWrong, token);
    }

    private async Task<string> PresenceOfAsync(string node, List<Guid> online, List<Guid> offline, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Answer);
        try
        {
            var api = new ChatApi(http, cluster.UrlOf(node), new ChatCredentials(crowd.Asker));
            var answers = await api.GetPresenceAsync(online.Concat(offline), limit.Token);
            var wrong = answers.Where(one => (one.State == PresenceState.Offline) != offline.Contains(one.UserId)).ToList();
            return wrong.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{node} has {wrong.Count} of {answers.Count} people wrong: {wrong[0].UserId} is {wrong[0].State} there");
        }
        catch (Exception e) when (e is HttpRequestException or ChatProblemException || (e is OperationCanceledException && !token.IsCancellationRequested))
        {
            return $"{node} does not tell presence: {e.Message}";
        }
    }

    /// <summary>What is not ready; empty when all is.</summary>
    private async Task<string> ReadyAsync(CancellationToken token)
    {
        foreach (var node in cluster.Nodes)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
            limit.CancelAfter(Answer);
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(cluster.UrlOf(node), "/health/ready"));
                using var answer = await http.SendAsync(request, limit.Token);
                var text = await answer.Content.ReadAsStringAsync(limit.Token);
                if (!answer.IsSuccessStatusCode)
                {
                    return $"{node} is not ready: {text}";
                }
                using var health = JsonDocument.Parse(text);
                var registry = health.RootElement.GetProperty("checks").GetProperty("registry").GetString()!;
                if (!registry.EndsWith(string.Create(CultureInfo.InvariantCulture, $", {cluster.Nodes.Count} nodes"), StringComparison.Ordinal) && cluster.Nodes.Count > 1)
                {
                    return $"{node} does not see all nodes: {registry}";
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !token.IsCancellationRequested))
            {
                return $"{node} does not answer: {e.Message}";
            }
        }
        return "";
    }

    private async Task<TimeSpan> UntilAsync(Func<Task<string>> wrong, TimeSpan within, Wrong blame, CancellationToken token)
    {
        var began = time.GetTimestamp();
        string reason;
        while ((reason = await wrong()).Length > 0)
        {
            if (time.GetElapsedTime(began) > within)
            {
                proof.Blame(blame, $"not after {within.TotalSeconds.ToString("F0", CultureInfo.InvariantCulture)} s: {reason}");
                break;
            }
            await Task.Delay(Period, time, token);
        }
        return time.GetElapsedTime(began);
    }
}
