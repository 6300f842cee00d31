using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ModularChat.Client;
using Spectre.Console;

namespace ModularChat.Cli.Discovery;

/// <summary><c>chat discover</c>: which chat server a client would be sent to, and why.</summary>
internal static class DiscoverCommand
{
    private static readonly string[] Columns = ["rank", "id", "region", "distanceKm", "capacity", "connections", "promised", "cpu", "queue", "calm", "weight", "pressure", "refused", "url"];

    public static Command Make()
    {
        var url = Options.Url();
        var explain = new Option<bool>("--explain") { Description = "Shows every server with the parts of its score." };
        var region = new Option<string?>("--region") { Description = "As a client in this region." };
        var latitude = new Option<double?>("--lat") { Description = "As a client at this latitude; with --lon." };
        var longitude = new Option<double?>("--lon") { Description = "As a client at this longitude." };
        var command = new Command("discover", "Asks which chat server to connect to.") { url, explain, region, latitude, longitude };
        command.SetAction((parsed, token) => RunAsync(
            parsed.GetValue(url)!, http => new ChatApi(http, parsed.GetValue(url)!, new ChatCredentials(null))
                .FindServerAsync(parsed.GetValue(region), parsed.GetValue(latitude), parsed.GetValue(longitude), parsed.GetValue(explain), token), token));
        return command;
    }

    private static async Task<int> RunAsync(Uri url, Func<HttpMessageInvoker, Task<ServerChoice>> ask, CancellationToken token)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        try
        {
            var choice = await ask(http);
            await Console.Out.WriteLineAsync($"{Shown(choice.Url, url)}{InRegion(choice.Region)}, for {choice.TtlSeconds.ToString(CultureInfo.InvariantCulture)} s".AsMemory(), token);
            foreach (var other in choice.Alternatives)
            {
                await Console.Out.WriteLineAsync($"  or {Shown(other.Url, url)}{InRegion(other.Region)}".AsMemory(), token);
            }
            if (choice.Explanation is { } explanation)
            {
                Explain(explanation);
            }
            return 0;
        }
        catch (Exception e) when (e is ChatProblemException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync(e.Message.AsMemory(), token);
            return 1;
        }
    }

    private static void Explain(JsonElement explanation)
    {
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"Place by {Text(explanation, "placeBy")}: region {Text(explanation, "region")}, {Text(explanation, "latitude")} {Text(explanation, "longitude")}");
        var table = new Table().SimpleBorder();
        foreach (var column in Columns)
        {
            table.AddColumn(column);
        }
        foreach (var candidate in explanation.GetProperty("candidates").EnumerateArray())
        {
            table.AddRow([.. Columns.Select(column => Markup.Escape(Text(candidate, column)))]);
        }
        // As wide as it is: a pipe has no width, and lines that are broken cannot be searched.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 240);
        AnsiConsole.Write(table);
    }

    private static string Text(JsonElement holder, string name) => holder.TryGetProperty(name, out var value) ? value.ToString() : "-";

    private static string Shown(string server, Uri asked) => server.Length > 0 ? server : $"{asked.GetLeftPart(UriPartial.Authority)} (the one that was asked)";

    private static string InRegion(string? region) => region is null ? "" : $" in {region}";
}
