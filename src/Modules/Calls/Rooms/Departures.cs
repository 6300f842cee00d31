using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Threading.Channels;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Calls.Rooms;

/// <summary>Who is no member of a group any longer.</summary>
internal sealed record Departure(Guid ConversationId, Guid[] UserIds);

/// <summary>Departures that have to be followed. On the side: who tells what is new in the log must not wait for what that writes into the log.</summary>
internal sealed class Departures
{
    private readonly Channel<Departure> _channel = Channel.CreateUnbounded<Departure>();

    public void Add(Departure departure) => _channel.Writer.TryWrite(departure);

    public ValueTask<bool> WaitAsync(CancellationToken token) => _channel.Reader.WaitToReadAsync(token);

    public bool TryTake([NotNullWhen(true)] out Departure? departure) => _channel.Reader.TryRead(out departure);
}

/// <summary>Hears who has left a group or was put out of it. When this is lost, the next sign of life of anybody in its room takes them out.</summary>
internal sealed class DepartedHandler(Departures departures) : INotificationHandler<MessageStored>
{
    public Task Handle(MessageStored notification, CancellationToken cancellationToken)
    {
        foreach (var stored in notification.Entries)
        {
            if (stored.Entry is { Kind: EntryKind.Members, Body: { } json }
                && JsonSerializer.Deserialize(json.Utf8.Span, ContractsJson.Default.MembersBody) is { Action: MembersAction.Left or MembersAction.Removed } body)
            {
                departures.Add(new Departure(stored.Entry.ConversationId, body.UserIds));
            }
        }
        return Task.CompletedTask;
    }
}
