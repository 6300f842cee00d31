using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MediatR;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Sending;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Tracing;

/// <summary>Why a push came, or did not.</summary>
internal sealed class TraceHandlers(PushStore store, Composer composer, TimeProvider time) : IRequestHandler<TracePushes, TracedStep[]>, IRequestHandler<ConfirmShown, Unit>
{
    private const int MostSteps = 200;

    public Task<TracedStep[]> Handle(TracePushes request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Users);
        var message = request.MessageId is { } id ? Parse(id) : ((Guid, long)?)null;
        return ReadAsync(store, request.Caller.UserId, message, cancellationToken);
    }

    public async Task<Unit> Handle(ConfirmShown request, CancellationToken cancellationToken)
    {
        // Before anything is looked up: nobody learns here which pushes there are.
        var expected = await composer.ReceiptAsync(request.PushId, cancellationToken);
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(request.Receipt)))
        {
            throw ChatException.Invalid("receipt", "receipt is not that of this push.");
        }
        await store.WriteAsync(
            async db =>
            {
                var steps = await db.Trace.Where(row => row.PushId == request.PushId).ToListAsync(cancellationToken);
                // Said again, or of a push that is forgotten: nothing to note.
                if (steps.Count > 0 && !steps.Exists(row => row.Step == PushStep.Shown))
                {
                    var last = steps.MaxBy(row => row.Id)!;
                    db.Trace.Add(new TraceRow
                    {
                        Id = Ids.New(),
                        UserId = last.UserId,
                        ConversationId = last.ConversationId,
                        Seq = last.Seq,
                        SubscriptionId = last.SubscriptionId,
                        PushId = last.PushId,
                        At = time.GetUtcNow(),
                        Step = PushStep.Shown,
                    });
                }
                return true;
            },
            isRelaxed: true,
            cancellationToken);
        return Unit.Value;
    }

    /// <summary>The steps of a user, of one message or the latest of all, in order of time.</summary>
    public static Task<TracedStep[]> ReadAsync(PushStore store, Guid userId, (Guid Conversation, long Seq)? message, CancellationToken token) =>
        store.ReadAsync(
            async db =>
            {
                var rows = message is var (conversation, seq)
                    ? db.Trace.Where(row => row.UserId == userId && row.ConversationId == conversation && row.Seq == seq)
                    : db.Trace.Where(row => row.UserId == userId);
                // Of one moment the ids tell the order: they rise.
                var latest = await rows.OrderByDescending(row => row.At).ThenByDescending(row => row.Id).Take(MostSteps).ToListAsync(token);
                latest.Reverse();
                return latest.Select(row => new TracedStep(row.At, row.Step, row.Detail, row.ConversationId, row.Seq, row.SubscriptionId, row.PushId)).ToArray();
            },
            token);

    /// <summary>A conversation and a seq with a colon between.</summary>
    public static (Guid Conversation, long Seq) Parse(string messageId) =>
        messageId.Split(':') is [var conversation, var seq] && Guid.TryParseExact(conversation, "D", out var id)
            && long.TryParse(seq, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (id, number)
            : throw ChatException.Invalid("messageId", "messageId is a conversation and a seq with a colon between.");
}
