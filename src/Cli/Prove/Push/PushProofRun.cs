using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using ModularChat.Client;

namespace ModularChat.Cli.Prove.Push;

/// <summary>People write while the server is killed at random moments; then it is counted what was pushed.</summary>
internal sealed class PushProofRun(PushProofOptions options, TextWriter output, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100), Settled = TimeSpan.FromSeconds(3);

    private readonly PushLedger _ledger = new();
    private readonly SocketsHttpHandler _handler = new() { UseProxy = false, UseCookies = false };

    public async Task<(PushVerdict Verdict, int Unsigned)> RunAsync(CancellationToken token)
    {
        var random = new Random(options.Seed);
        var folder = Directory.CreateTempSubdirectory("modularchat-prove-push-").FullName;
        await using var receiver = await PushReceiver.StartAsync(_ledger, new Random(random.Next()), token);
        await using var server = new KilledServer(
            options.Host, folder, time,
            "Identity:WriteDevelopmentKey=true", "Notifications:Webhook:Enabled=true", "Notifications:AllowHttpEndpoints=true", "Notifications:InsideNetworks:0=127.0.0.0/8",
            "Notifications:BreakerFailures=1000", "Notifications:TimeoutSeconds=30", "Notifications:MaxAttempts=100");
        try
        {
            await server.StartAsync(token);
            using var http = new HttpMessageInvoker(_handler, disposeHandler: false);
            var key = (await File.ReadAllTextAsync(Path.Combine(folder, "development-key"), token)).Trim();
            var (groups, users) = await SetStageAsync(http, server.Url, key, receiver, token);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
            var talking = groups.Select(group => TalkAsync(new ChatApi(http, server.Url, new ChatCredentials(key, group.Owner)), group.Id, stop.Token)).ToArray();
            // A kill before anything was said would show nothing.
            while (_ledger.Judge(users).Due == 0)
            {
                await Task.Delay(Again, time, token);
            }
            for (var kill = 1; kill <= options.Kills; kill++)
            {
                await Task.Delay(options.LongestLife * random.NextDouble(), time, token);
                await server.KillAsync();
                _ledger.Killed();
                var now = _ledger.Judge(users);
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"kill {kill} of {options.Kills}: {now.Due} due so far, {now.Sent} sent").AsMemory(), token);
                await server.StartAsync(token);
            }
            await stop.CancelAsync();
            await Task.WhenAll(talking);
            receiver.IsCalm = true;
            return (await SettleAsync(users, token), receiver.Unsigned);
        }
        finally
        {
            await server.KillAsync();
            if (options.Keep)
            {
                await output.WriteLineAsync($"The server's folder is {folder}.".AsMemory(), CancellationToken.None);
            }
            else
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    public void Dispose() => _handler.Dispose();

    private async Task<((Guid Id, Guid Owner)[] Groups, Guid[] Users)> SetStageAsync(HttpMessageInvoker http, Uri url, string key, PushReceiver receiver, CancellationToken token)
    {
        var application = new ChatApi(http, url, new ChatCredentials(key));
        var users = new Guid[options.Receivers];
        using var plain = new HttpClient(_handler, disposeHandler: false);
        for (var i = 0; i < users.Length; i++)
        {
            users[i] = (await application.PutApplicationUserAsync(string.Create(CultureInfo.InvariantCulture, $"receiver-{i}"), token: token)).Id;
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, "/api/v1/me/push/subscriptions"))
            {
                Content = JsonContent.Create(new { kind = "webhook", endpoint = new Uri(receiver.Url, $"/{users[i]}"), keys = new { secret = receiver.Secret } }),
            };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            request.Headers.Add("Act-As", users[i].ToString());
            using var answer = await plain.SendAsync(request, token);
            if (!answer.IsSuccessStatusCode)
            {
                throw new InvalidOperationException($"The server does not take the subscription: {await answer.Content.ReadAsStringAsync(token)}");
            }
        }
        var groups = new (Guid Id, Guid Owner)[options.Senders];
        for (var i = 0; i < groups.Length; i++)
        {
            var owner = (await application.PutApplicationUserAsync(string.Create(CultureInfo.InvariantCulture, $"sender-{i}"), token: token)).Id;
            groups[i] = (ClientIds.New(), owner);
            await new ChatApi(http, url, new ChatCredentials(key, owner)).CreateGroupAsync(groups[i].Id, string.Create(CultureInfo.InvariantCulture, $"group {i}"), users, token: token);
        }
        return (groups, users);
    }

    /// <summary>Writes on, each message until it is confirmed: the same one, so that it is stored once.</summary>
    private async Task TalkAsync(ChatApi sender, Guid group, CancellationToken token)
    {
        try
        {
            for (var number = 1; ; number++)
            {
                var id = ClientIds.New();
                while (true)
                {
                    try
                    {
                        _ledger.Confirmed(group, (await sender.SendMessageAsync(group, id, string.Create(CultureInfo.InvariantCulture, $"message {number}"), token: token)).Seq);
                        break;
                    }
                    catch (Exception e) when (e is HttpRequestException or ChatProblemException { Problem.Retryable: true })
                    {
                        await Task.Delay(Again, time, token);
                    }
                }
                await Task.Delay(options.Pause, time, token);
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // Enough was said.
        }
    }

    /// <summary>Waits for what is due, and then a little for what comes too often.</summary>
    private async Task<PushVerdict> SettleAsync(Guid[] users, CancellationToken token)
    {
        var begun = time.GetTimestamp();
        while (_ledger.Judge(users).Lost > 0 && time.GetElapsedTime(begun) < options.Patience)
        {
            await Task.Delay(Again, time, token);
        }
        await Task.Delay(Settled, time, token);
        return _ledger.Judge(users);
    }
}
