using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Identity;

namespace ModularChat.Identity.Accounts;

internal sealed class GetRegistrationHandler(SetUp setUp, IOptions<IdentityOptions> options) : IRequestHandler<GetRegistration, RegistrationInfo>
{
    public async Task<RegistrationInfo> Handle(GetRegistration request, CancellationToken cancellationToken) =>
        new(options.Value.Registration.ToLowerInvariant(), !await setUp.IsDoneAsync(cancellationToken));
}
