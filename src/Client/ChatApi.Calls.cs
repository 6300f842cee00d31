using System.Globalization;
using ModularChat.Client.Wire;

namespace ModularChat.Client;

public sealed partial class ChatApi
{
    /// <summary>Calls the other of a direct conversation; safe to repeat with the same ids. When the other is just calling, the answer is that call.</summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="callId">A new id for the call.</param>
    /// <param name="legId">A new id for this end of it.</param>
    /// <param name="token">Gives up.</param>
    public Task<CallAnswer> StartCallAsync(Guid conversationId, Guid callId, Guid legId, CancellationToken token = default) =>
        SendAsync(HttpMethod.Post, $"conversations/{conversationId}/calls", new CallBody(legId, callId), ClientJson.Default.CallBody, ClientJson.Default.CallAnswer, token);

    /// <summary>Answers a call that rings.</summary>
    public Task<CallAnswer> AcceptCallAsync(Guid callId, Guid legId, CancellationToken token = default) =>
        SendAsync(HttpMethod.Post, $"calls/{callId}/accept", new CallBody(legId), ClientJson.Default.CallBody, ClientJson.Default.CallAnswer, token);

    /// <summary>Does not want a call that rings.</summary>
    public Task<Call> DeclineCallAsync(Guid callId, CancellationToken token = default) => SendAsync(HttpMethod.Post, $"calls/{callId}/decline", ClientJson.Default.Call, token);

    /// <summary>Leaves a call, or takes it back while it rings.</summary>
    public Task<Call> HangUpAsync(Guid callId, Guid legId, bool hasFailed = false, CancellationToken token = default) =>
        SendAsync(HttpMethod.Post, $"calls/{callId}/hangup", new CallBody(legId, Failed: hasFailed ? true : null), ClientJson.Default.CallBody, ClientJson.Default.Call, token);

    /// <summary>Says that this end is still there: every renewSeconds (a limit of the server), while it rings out too.</summary>
    public Task<Call> RenewCallAsync(Guid callId, Guid legId, CancellationToken token = default) =>
        SendAsync(HttpMethod.Post, $"calls/{callId}/renew", new CallBody(legId), ClientJson.Default.CallBody, ClientJson.Default.Call, token);

    /// <summary>Tells the other end something.</summary>
    public async Task SignalCallAsync(Guid callId, Guid legId, CallSignal signal, CancellationToken token = default) =>
        (await ExchangeAsync(HttpMethod.Post, $"calls/{callId}/signal", new CallBody(legId, Signal: signal), ClientJson.Default.CallBody, TimeSpan.Zero, token)).Dispose();

    /// <summary>One's calls that are not over.</summary>
    public async Task<IReadOnlyList<Call>> GetCallsAsync(CancellationToken token = default) => (await SendAsync(HttpMethod.Get, "calls", ClientJson.Default.CallsAnswer, token)).Calls;

    /// <summary>A call, and what its other end has told after a number.</summary>
    public Task<CallView> GetCallAsync(Guid callId, long after = 0, CancellationToken token = default) =>
        SendAsync(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"calls/{callId}?after={after}"), ClientJson.Default.CallView, token);

    /// <summary>New credentials of the relay.</summary>
    public Task<IceInfo> GetIceAsync(Guid callId, CancellationToken token = default) => SendAsync(HttpMethod.Get, $"calls/{callId}/ice", ClientJson.Default.IceInfo, token);
}
