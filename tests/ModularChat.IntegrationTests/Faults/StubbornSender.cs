using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Faults;

/// <summary>Sends one message after another, each under the same id until it is acked, whatever happens to the server.</summary>
internal sealed class StubbornSender(ChatUser user, Guid conversation, int padding = 0)
{
    private readonly List<(string Text, Stored Stored)> _acked = [];

    /// <summary>In the order in which they were sent.</summary>
    public IReadOnlyList<(string Text, Stored Stored)> Acked => _acked;

    /// <summary>Answers that were neither an ack nor a retryable problem: there must be none.</summary>
    public List<string> Surprises { get; } = [];

    public int Refused { get; private set; }

    /// <summary>Tries that got no answer at all: only a server that ends while it is asked gives none.</summary>
    public int Unanswered { get; private set; }

    /// <summary>Sends until it is told to stop; the last message is brought to its ack.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken token)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            await SendAsync($"{user.Name} {i} {new string('x', padding)}", token);
        }
    }

    public async Task SendAsync(string text, CancellationToken token)
    {
        var id = Ids.New();
        while (!await TrySendAsync(id, text, token))
        {
            await Task.Delay(50, token);
        }
    }

    public async Task<bool> TrySendAsync(Guid id, string text, CancellationToken token)
    {
        try
        {
            using var response = await user.Http.PostAsJsonAsync($"conversations/{conversation}/messages", new { clientMessageId = id, text }, token);
            if (response.IsSuccessStatusCode)
            {
                _acked.Add((text, (await response.Content.ReadFromJsonAsync<Stored>(ChatUser.Json, token))!));
                return true;
            }
            Refused++;
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>(token);
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable || !problem.GetProperty("retryable").GetBoolean())
            {
                Surprises.Add(problem.ToString());
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !token.IsCancellationRequested))
        {
            // Killed, or not back yet: the outcome is unknown, so the same id goes again.
            Unanswered++;
        }
        return false;
    }
}
