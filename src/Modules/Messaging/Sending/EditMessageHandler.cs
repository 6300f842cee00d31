using System.Text.Json;
using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Sending;

internal sealed class EditMessageHandler(
    ConversationWriter writer, RequestHash hashes, Mentions mentions, Targets targets, Blocks blocks, IMediator mediator, IOptions<MessagingOptions> options)
    : IRequestHandler<EditMessage, Stored>
{
    public Task<Stored> Handle(EditMessage request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        TextRules.CheckMessage(request.Text, options.Value.MaxMessageLength);
        var wish = new Wish(
            request.ConversationId, request.Caller.UserId, request.ClientMessageId, hashes.Of(EntryKind.Edited, request.Seq, 0, request.Text));
        return writer.WriteAsync(
            wish,
            async (state, sender, token) =>
            {
                Roles.RequireWriter(state.Head, sender);
                await blocks.RequireReachableAsync(mediator, state, sender.UserId, token);
                var target = await targets.GetAsync(state, sender, request.Seq, "seq", token);
                if (target.SenderId != sender.UserId)
                {
                    throw new ChatException(ProblemCodes.Forbidden, "Only its author may edit a message.");
                }
                if (target.Body is not { } old)
                {
                    throw Targets.NotThere("seq");
                }
                var replyTo = JsonSerializer.Deserialize(old.Utf8.Span, ContractsJson.Default.MessageBody)?.ReplyTo;
                var (called, callsAll) = await mentions.FindAsync(request.Text, state, sender, token);
                return new Draft(
                    EntryKind.Edited, Bodies.Of(new MessageBody(request.Text, replyTo, called, callsAll)), request.Seq, new Change.Edit());
            },
            cancellationToken).AsTask();
    }
}
