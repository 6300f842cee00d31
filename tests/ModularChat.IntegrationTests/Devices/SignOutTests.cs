using System.Diagnostics;
using System.Net;
using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Hub;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Devices;

/// <summary>Signing a device out ends it everywhere at once.</summary>
public sealed class SignOutTests
{
    private static readonly TimeSpan Ample = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_device_that_is_signed_out_is_cut_off_on_every_transport()
    {
        await using var server = await ChatServer.StartAsync();
        var here = await server.RegisterAsync("anna");
        var lost = await server.LoginAsync("anna");
        var (kept, _) = await RawSocket.LiveAsync(server.Url, here.Token, Token);
        await using var closingKept = kept;
        var (socket, _) = await RawSocket.LiveAsync(server.Url, lost.Token, Token);
        await using var closingSocket = socket;
        var (hub, _) = await HubClient.LiveAsync(server.Url, lost.Token, Token);
        await using var closingHub = hub;
        await using var stream = await EventStream.OpenAsync(lost.Http, Token);
        await stream.ExpectAsync("live", Token);
        var cursor = Uri.EscapeDataString((await lost.SyncAllAsync()).Cursor);

        var clock = Stopwatch.StartNew();
        var waits = new Dictionary<string, Task>(StringComparer.Ordinal)
        {
            ["WebSocket"] = Task.Run(async () =>
            {
                while (await socket.ReceiveAsync(Token) is not null)
                {
                }
                ((int?)socket.CloseStatus).ShouldBe(4100);
            }, Token),
            ["SignalR"] = Task.Run(async () =>
            {
                (await hub.ExpectAsync("close", Token))["code"]!.GetValue<int>().ShouldBe(4100);
                await hub.Closed;
            }, Token),
            ["events"] = Task.Run(async () =>
            {
                (await stream.ExpectAsync("close", Token))["code"]!.GetValue<int>().ShouldBe(4100);
                (await stream.ReadAsync(Token)).ShouldBeNull();
            }, Token),
            ["long poll under way"] = Task.Run(async () =>
            {
                using var answer = await lost.RequestAsync(HttpMethod.Get, $"sync?wait=60&cursor={cursor}");
                await answer.ShouldBeProblemAsync(ProblemCodes.Unauthorized);
            }, Token),
        };
        var times = waits.ToDictionary(wait => wait.Key, wait => wait.Value.ContinueWith(_ => clock.Elapsed, TaskScheduler.Default), StringComparer.Ordinal);
        var begun = clock.Elapsed;
        (await here.RequestAsync(HttpMethod.Delete, $"devices/{lost.DeviceId}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var (transport, wait) in waits)
        {
            await wait.WaitAsync(Ample, Token);
            TestContext.Current.TestOutputHelper?.WriteLine($"{transport}: {(await times[transport] - begun).TotalMilliseconds:F0} ms after the request to sign out began");
        }

        await (await lost.RequestAsync(HttpMethod.Get, $"sync?cursor={cursor}")).ShouldBeProblemAsync(ProblemCodes.Unauthorized);
        await (await lost.RequestAsync(HttpMethod.Get, $"sync?wait=60&cursor={cursor}")).ShouldBeProblemAsync(ProblemCodes.Unauthorized);
        (await lost.Http.GetAsync("events", HttpCompletionOption.ResponseHeadersRead, Token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        await Should.ThrowAsync<System.Net.WebSockets.WebSocketException>(() => HubClient.ConnectAsync(server.Url, lost.Token, Token));
        // The device that did it stays.
        await kept.SendAsync(new() { ["type"] = "heartbeat" }, Token);
        await kept.ExpectAsync("heartbeat", Token);
    }

    [Fact]
    public async Task The_list_of_devices_says_what_where_and_when_last()
    {
        var time = new Shared.ManualTime();
        await using var server = await ChatServer.StartAsync(
            time, settings: ["Identity:Regions:0=127.0.0.0/8 this machine", "Identity:Regions:1=127.0.0.1/32 at home", "Identity:Regions:2=2001:db8::/32 far away"]);
        var phone = await server.RegisterAsync("anna");
        var desk = await server.LoginAsync("anna");
        time.Advance(TimeSpan.FromMinutes(25));
        // Not an hour since: the store is not told, the list is.
        await desk.SyncAsync();
        time.Advance(TimeSpan.FromMinutes(2));

        var text = await (await phone.RequestAsync(HttpMethod.Get, "devices")).Content.ReadAsStringAsync(Token);
        var devices = JsonDocument.Parse(text).RootElement.GetProperty("devices").EnumerateArray().ToArray();
        devices.Length.ShouldBe(2);
        devices[0].GetProperty("id").GetGuid().ShouldBe(phone.DeviceId);
        devices[0].GetProperty("isCurrent").GetBoolean().ShouldBeTrue();
        devices[0].GetProperty("lastUsedAt").GetDateTimeOffset().ShouldBe(time.GetUtcNow());
        devices[1].GetProperty("lastUsedAt").GetDateTimeOffset().ShouldBe(time.GetUtcNow().AddMinutes(-2));
        devices[1].GetProperty("name").GetString().ShouldBe("test");
        devices[1].GetProperty("platform").GetString().ShouldBe("test");
        devices[1].GetProperty("region").GetString().ShouldBe("at home");
        text.ShouldNotContain("127.0.0.1");
    }

    [Fact]
    public async Task A_network_that_is_none_is_refused_at_the_start()
    {
        var refusal = await Should.ThrowAsync<Exception>(() => ChatServer.StartAsync(settings: "Identity:Regions:0=127.0.0.300/8 nowhere"));
        refusal.ToString().ShouldContain("is not a network and a name");
    }
}
