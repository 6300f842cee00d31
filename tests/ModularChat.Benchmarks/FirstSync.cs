using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Sqlite;
using ModularChat.Storage;

namespace ModularChat.Benchmarks;

/// <summary>
/// The first sync of a new device of an old account, from a server that was just started and knows nothing by heart:
/// <c>dotnet run --project tests/ModularChat.Benchmarks -- first-sync &lt;ModularChat.Host.dll&gt; [conversations] [messages in each]</c>.
/// </summary>
internal static class FirstSync
{
    private const int InFlight = 5_000, PageEntries = 500;
    private static readonly JsonBody Body = new("{\"text\":\"A line as people write it, neither short nor long, about nothing in particular.\"}"u8.ToArray());

    public static async Task<int> RunAsync(string host, string[] args)
    {
        var conversations = args.Length > 0 ? int.Parse(args[0], provider: null) : 1_000;
        var messages = args.Length > 1 ? int.Parse(args[1], provider: null) : 1_000;
        var folder = Directory.CreateTempSubdirectory("modularchat-bench-");
        try
        {
            Guid user;
            string token;
            using (var server = await StartAsync(host, folder.FullName))
            {
                using var http = new HttpClient { BaseAddress = server.Url };
                using var answer = await http.PostAsJsonAsync("api/v1/register", new { name = "reader", password = "correct horse battery" });
                var account = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
                (user, token) = (account.GetProperty("user").GetProperty("id").GetGuid(), account.GetProperty("session").GetProperty("token").GetString()!);
                await server.StopAsync();
            }
            await FillAsync(folder.FullName, user, conversations, messages);
            using (var server = await StartAsync(host, folder.FullName))
            {
                await MeasureAsync(server, token, "first sync, server just started");
                await MeasureAsync(server, token, "first sync of the next device");
                await server.StopAsync();
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        return 0;
    }

    private static async Task MeasureAsync(Server server, string token, string name)
    {
        using var http = new HttpClient { BaseAddress = server.Url, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        var cpu = server.Process.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        var (pages, bytes, entries, conversations, longest, largest) = (0, 0L, 0, 0, TimeSpan.Zero, 0);
        string? cursor = null;
        for (var more = true; more; pages++)
        {
            var begun = clock.Elapsed;
            var page = await http.GetByteArrayAsync($"api/v1/sync?limit={PageEntries}" + (cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor)));
            longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, (clock.Elapsed - begun).Ticks));
            (bytes, largest) = (bytes + page.Length, Math.Max(largest, page.Length));
            using var document = JsonDocument.Parse(page);
            cursor = document.RootElement.GetProperty("cursor").GetString();
            more = document.RootElement.GetProperty("more").GetBoolean();
            foreach (var conversation in document.RootElement.GetProperty("conversations").EnumerateArray())
            {
                conversations++;
                entries += conversation.GetProperty("entries").GetArrayLength();
            }
        }
        server.Process.Refresh();
        Console.WriteLine(
            $"{name}: {clock.Elapsed.TotalSeconds:F1} s, {pages} pages (longest {longest.TotalMilliseconds:F0} ms, largest {largest / 1024} KiB), {conversations} conversations, "
            + $"{entries} entries, {bytes / 1048576.0:F1} MiB, {(server.Process.TotalProcessorTime - cpu).TotalSeconds:F2} s of the server's CPU, {server.Process.WorkingSet64 / 1048576} MiB resident");
    }

    private static async Task FillAsync(string folder, Guid user, int conversations, int messages)
    {
        var clock = Stopwatch.StartNew();
        using var data = DataFolder.Open(folder);
        await using var log = await SqliteMessageLog.OpenAsync(
            data, "messages.db", new LogOpening(null, Ids.New()), new MessageLogOptions { MaxPending = 100_000 }, 1, new Nobody(), TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        var groups = Enumerable.Range(0, conversations).Select(_ => Ids.New()).ToArray();
        Guid[] others = [Ids.New(), Ids.New(), Ids.New()];
        (Guid, MemberRole)[] members = [(user, MemberRole.Owner), .. others.Select(other => (other, MemberRole.Member))];
        await Task.WhenAll(groups.Select((group, i) => AppendAsync(log, group, user, EntryKind.Created, 0, new Change.Create(ConversationKind.Group, $"Group {i}", HistoryVisibility.All, members))));
        for (var n = 0; n < messages; n += InFlight / conversations + 1)
        {
            await Task.WhenAll(Enumerable.Range(0, Math.Min(InFlight / conversations + 1, messages - n)).SelectMany(
                k => groups.Select(group => AppendAsync(log, group, others[(n + k) % others.Length], EntryKind.Message, 1, null))));
        }
        Console.WriteLine($"{(long)conversations * messages:N0} messages in {conversations:N0} conversations, stored in {clock.Elapsed.TotalSeconds:F0} s");
    }

    private static async Task AppendAsync(SqliteMessageLog log, Guid group, Guid sender, EntryKind kind, long membersSeq, Change? change)
    {
        var result = await log.AppendAsync(
            new Append
            {
                ConversationId = group,
                SenderId = sender,
                ClientMessageId = Ids.New(),
                RequestHash = new byte[16],
                Kind = kind,
                At = TimeProvider.System.GetUtcNow(),
                Body = Body,
                MembersSeq = membersSeq,
                Change = change,
            },
            CancellationToken.None);
        if (result.Outcome != AppendOutcome.Stored)
        {
            throw new InvalidOperationException($"An append was answered {result.Outcome}.");
        }
    }

    private static async Task<Server> StartAsync(string host, string folder)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
        probe.Stop();
        var start = new ProcessStartInfo("dotnet", [host, $"--Host:Url={url}", $"--Storage:Directory={folder}", "--Logging:LogLevel:Default=Warning"]) { UseShellExecute = false, RedirectStandardOutput = true };
        var server = new Server(Process.Start(start)!, url);
        using var http = new HttpClient { BaseAddress = url };
        for (var attempt = 0; attempt < 600; attempt++)
        {
            try
            {
                if ((await http.GetAsync("health/ready")).IsSuccessStatusCode)
                {
                    return server;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(100);
        }
        server.Dispose();
        throw new InvalidOperationException("The server did not start.");
    }

    private sealed record Server(Process Process, Uri Url) : IDisposable
    {
        public async Task StopAsync()
        {
            Process.Kill();
            await Process.WaitForExitAsync();
        }

        public void Dispose()
        {
            if (!Process.HasExited)
            {
                Process.Kill();
            }
            Process.Dispose();
        }
    }

    private sealed class Nobody : ICommitListener
    {
        public void Committed(Commit commit)
        {
            // Nobody listens while it is filled.
        }

        public void Reopened(long[] positions)
        {
            // Likewise.
        }
    }
}
