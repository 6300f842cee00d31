using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using ModularChat.Calls.Rooms;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Mixing;

/// <summary>Janus and its AudioBridge: a session a room, with a handle by which we manage it and one for each participant.</summary>
internal sealed class JanusMixer(JanusApi api, IOptions<CallsOptions> options) : IMixer
{
    private const string Plugin = "janus.plugin.audiobridge";
    private const int NoSuchRoom = 485;

    // What Janus makes up for losses: the sender repeats that much within its packets (in-band FEC).
    private const int ExpectedLoss = 10;

    private readonly CallsOptions _options = options.Value;

    public async Task<MixerPlace> OpenAsync(string url, Guid roomId, CancellationToken token)
    {
        var session = await api.CreateAsync(url, token);
        var control = await api.AttachAsync(url, session, Plugin, token);
        var place = new MixerPlace(url, session, control, Number());
        var ask = new JsonObject
        {
            ["request"] = "create",
            ["room"] = place.Number,
            ["permanent"] = false,
            ["description"] = Mark + roomId.ToString("N"),
            ["secret"] = SecretOf(place.Number),
            ["is_private"] = false,
            ["sampling_rate"] = 48_000,
            ["audiolevel_event"] = false,
            ["default_expectedloss"] = ExpectedLoss,
            // With a list, and be it of nobody, only who stands in it gets in.
            ["allowed"] = new JsonArray(TokenOf(place.Number, Guid.Empty)),
        };
        if (_options.JanusAdminKey.Length > 0)
        {
            ask["admin_key"] = _options.JanusAdminKey;
        }
        await AskAsync(place, ask, token);
        return place;
    }

    public async Task CloseAsync(MixerPlace place, CancellationToken token)
    {
        await AskAsync(place, new JsonObject { ["request"] = "destroy", ["room"] = place.Number, ["secret"] = SecretOf(place.Number) }, token);
        await api.DestroyAsync(place.Url, place.Session, token);
    }

    public async Task<Line> AttachAsync(MixerPlace place, Guid legId, bool isSilenced, CancellationToken token)
    {
        await AllowAsync(place, legId, "add", token);
        var line = new Line(await api.AttachAsync(place.Url, place.Session, Plugin, token), Number());
        await api.SendAsync(
            place.Url,
            place.Session,
            line.Handle,
            new JsonObject
            {
                ["request"] = "join",
                ["room"] = place.Number,
                ["id"] = line.Number,
                ["token"] = TokenOf(place.Number, legId),
                ["display"] = legId.ToString("N"),
                ["muted"] = isSilenced,
                ["expected_loss"] = ExpectedLoss,
            },
            null,
            token);
        return line;
    }

    public async Task DetachAsync(MixerPlace place, Guid legId, Line line, CancellationToken token)
    {
        await api.DetachAsync(place.Url, place.Session, line.Handle, token);
        await AllowAsync(place, legId, "remove", token);
    }

    public Task OfferAsync(MixerPlace place, Line line, string sdp, CancellationToken token) =>
        api.SendAsync(place.Url, place.Session, line.Handle, new JsonObject { ["request"] = "configure" }, new JsonObject { ["type"] = "offer", ["sdp"] = sdp }, token);

    public Task AddCandidatesAsync(MixerPlace place, Line line, IceCandidate[] candidates, CancellationToken token) => api.TrickleAsync(
        place.Url,
        place.Session,
        line.Handle,
        new JsonArray([.. candidates.Select(one => one.Candidate.Length == 0
            ? new JsonObject { ["completed"] = true }
            : new JsonObject { ["candidate"] = one.Candidate, ["sdpMid"] = one.SdpMid ?? "0", ["sdpMLineIndex"] = one.SdpMLineIndex ?? 0 })]),
        token);

    public Task SilenceAsync(MixerPlace place, Line line, bool isSilenced, CancellationToken token) => AskAsync(
        place,
        new JsonObject { ["request"] = isSilenced ? "mute" : "unmute", ["room"] = place.Number, ["secret"] = SecretOf(place.Number), ["id"] = line.Number },
        token);

    /// <summary>Janus does not notice that who polled is gone before it has written to them: this gives it something of no meaning to write.</summary>
    public Task TakeOverAsync(MixerPlace place, CancellationToken token) => api.SendAsync(place.Url, place.Session, place.Control, new JsonObject { ["request"] = "leave" }, null, token);

    public async Task<MixerEvent[]> ListenAsync(MixerPlace place, CancellationToken token)
    {
        List<MixerEvent> events = [];
        foreach (var one in await api.PollAsync(place.Url, place.Session, token))
        {
            if (Read(one) is { } read)
            {
                events.Add(read);
            }
        }
        return [.. events];
    }

    public async Task<int> SweepAsync(string url, Predicate<long> isNobodys, CancellationToken token)
    {
        var session = await api.CreateAsync(url, token);
        try
        {
            var control = await api.AttachAsync(url, session, Plugin, token);
            var place = new MixerPlace(url, session, control, 0);
            var swept = 0;
            foreach (var room in (await AskAsync(place, new JsonObject { ["request"] = "list" }, token))["list"]?.AsArray() ?? [])
            {
                var number = room!["room"]!.GetValue<long>();
                if (room["description"]?.GetValue<string>().StartsWith(Mark, StringComparison.Ordinal) == true
                    && (room["num_participants"]?.GetValue<int>() ?? 0) == 0 && isNobodys(number))
                {
                    await AskAsync(place, new JsonObject { ["request"] = "destroy", ["room"] = number, ["secret"] = SecretOf(number) }, token);
                    swept++;
                }
            }
            return swept;
        }
        finally
        {
            await api.DestroyAsync(url, session, token);
        }
    }

    private string Mark => $"modularchat {_options.Cluster} ";

    // 48 bits: any JSON reader keeps them whole.
    private static long Number() => (BitConverter.ToInt64(Ids.New().ToByteArray(), 8) & 0xFFFF_FFFF_FFFF) | 1;

    private static MixerEvent? Read(JsonNode one)
    {
        var handle = one["sender"]?.GetValue<long>() ?? 0;
        switch (one["janus"]?.GetValue<string>())
        {
            case "event":
                if (one["jsep"]?["sdp"]?.GetValue<string>() is { } sdp)
                {
                    return new MixerEvent(handle, MixerEventKind.Answer, sdp);
                }
                var data = one["plugindata"]?["data"];
                return data?["error_code"]?.GetValue<int>() is not { } code ? null
                    : new MixerEvent(handle, code == NoSuchRoom ? MixerEventKind.NoRoom : MixerEventKind.Refused, Reason: data["error"]?.GetValue<string>());
            case "trickle":
                return one["candidate"]?["candidate"]?.GetValue<string>() is { } candidate
                    ? new MixerEvent(
                        handle,
                        MixerEventKind.Candidates,
                        Candidates: [new IceCandidate(candidate, one["candidate"]!["sdpMid"]?.GetValue<string>(), one["candidate"]!["sdpMLineIndex"]?.GetValue<int>())])
                    : null;
            case "hangup" or "detached":
                return new MixerEvent(handle, MixerEventKind.Lost, Reason: one["reason"]?.GetValue<string>());
            case "timeout":
                throw new MixerLostException(MixerLoss.Session, "The mixer has ended our session.");
            default:
                return null;
        }
    }

    private Task<JsonNode> AskAsync(MixerPlace place, JsonObject body, CancellationToken token) => api.AskAsync(place.Url, place.Session, place.Control, body, token);

    private Task<JsonNode> AllowAsync(MixerPlace place, Guid legId, string action, CancellationToken token) => AskAsync(
        place,
        new JsonObject
        {
            ["request"] = "allowed",
            ["action"] = action,
            ["room"] = place.Number,
            ["secret"] = SecretOf(place.Number),
            ["allowed"] = new JsonArray(TokenOf(place.Number, legId)),
        },
        token);

    private string SecretOf(long room) => Derive(string.Create(CultureInfo.InvariantCulture, $"room {room}"));

    private string TokenOf(long room, Guid legId) => Derive(string.Create(CultureInfo.InvariantCulture, $"participant {room} {legId:N}"));

    private string Derive(string what) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(_options.JanusSecret), Encoding.UTF8.GetBytes(what)).AsSpan(0, 16));
}
