using System.Globalization;
using ModularChat.Client;

namespace ModularChat.Cli.Prove;

/// <summary>
/// Says something into one of its groups every now and then: each message under one id, again and again, to whichever node, until it is confirmed; and
/// the next one only then, so that the order is told.
/// </summary>
internal sealed class Speaker(
    string who, string session, IReadOnlyList<Guid> groups, IReadOnlyList<Uri> servers, HttpMessageInvoker http, Proof proof, Timings timings, Random random, TimeSpan pause, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Dictionary<Guid, long> _last = [];

    /// <summary>Speaks until it is told to stop; the last message is brought to its confirmation.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken token)
    {
        await WaitAsync(pause * Next(1000) / 1000, stop);
        for (var number = 1; !stop.IsCancellationRequested; number++)
        {
            var group = groups[Next(groups.Count)];
            var text = string.Create(CultureInfo.InvariantCulture, $"{who} {number}");
            var send = new PendingSend(ClientIds.New(), group, PendingAction.Send, text);
            timings.Sent(text);
            var stored = await SendAsync(send, token);
            if (stored is not null)
            {
                proof.Ack(group, stored.Seq, text);
                if (stored.Seq <= _last.GetValueOrDefault(group))
                {
                    proof.Blame(Wrong.Reordered, $"'{text}' of {who} came to {Proof.Place(group, stored.Seq)}, before what was confirmed earlier");
                }
                _last[group] = stored.Seq;
            }
            await WaitAsync(pause, stop);
        }
    }

    private async Task<Stored?> SendAsync(PendingSend send, CancellationToken token)
    {
        while (true)
        {
            var server = servers[Next(servers.Count)];
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
            limit.CancelAfter(Patience);
            try
            {
                return await new ChatApi(http, server, new ChatCredentials(session)).SendPendingAsync(send, limit.Token);
            }
            catch (ChatProblemException refused) when (!refused.Problem.Retryable)
            {
                proof.Blame(Wrong.Refused, $"'{send.Text}' of {who} at {server}: {refused.Message}");
                return null;
            }
            catch (Exception e) when (e is HttpRequestException or ChatProblemException or IOException || (e is OperationCanceledException && !token.IsCancellationRequested))
            {
                // Not known whether it is stored: the same id goes again.
                timings.Again();
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100 + Next(200)), time, token);
        }
    }

    private int Next(int below)
    {
        lock (random)
        {
            return random.Next(below);
        }
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken stop) =>
        await Task.Delay(wait, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
