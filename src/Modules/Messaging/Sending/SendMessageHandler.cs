using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Sending;

internal sealed class SendMessageHandler(
    ConversationWriter writer, RequestHash hashes, Mentions mentions, Targets targets, Blocks blocks, IMediator mediator, IOptions<MessagingOptions> options)
    : IRequestHandler<SendMessage, Stored>
{
    public Task<Stored> Handle(SendMessage request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        TextRules.CheckMessage(request.Text, options.Value.MaxMessageLength);
        if (request.ReplyTo is < 1)
        {
            throw ChatException.Invalid("replyTo", "replyTo is not a seq.");
        }
        var wish = new Wish(
            request.ConversationId, request.Caller.UserId, request.ClientMessageId, hashes.Of(EntryKind.Message, request.ReplyTo ?? 0, 0, request.Text));
        return writer.WriteAsync(
            wish,
            async (state, sender, token) =>
            {
                Roles.RequireWriter(state.Head, sender);
                await blocks.RequireReachableAsync(mediator, state, sender.UserId, token);
                if (request.ReplyTo is { } target)
                {
                    await targets.GetAsync(state, sender, target, "replyTo", token);
                }
                var (called, callsAll) = await mentions.FindAsync(request.Text, state, sender, token);
                return new Draft(EntryKind.Message, Bodies.Of(new MessageBody(request.Text, request.ReplyTo, called, callsAll)));
            },
            cancellationToken).AsTask();
    }
}
