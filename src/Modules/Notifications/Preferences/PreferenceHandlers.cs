using MediatR;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Notifications;

namespace ModularChat.Notifications.Preferences;

internal sealed class PreferenceHandlers(PreferenceBook preferences) :
    IRequestHandler<GetPushSettings, PushSettings>, IRequestHandler<PutPushSettings, PushSettings>, IRequestHandler<SetPushLevel, OwnPushLevel>
{
    public Task<PushSettings> Handle(GetPushSettings request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Users);
        return preferences.GetAsync(request.Caller.UserId, cancellationToken);
    }

    public Task<PushSettings> Handle(PutPushSettings request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Users);
        return preferences.PutAsync(request, cancellationToken);
    }

    public Task<OwnPushLevel> Handle(SetPushLevel request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Users);
        return preferences.PutLevelAsync(request, cancellationToken);
    }
}
