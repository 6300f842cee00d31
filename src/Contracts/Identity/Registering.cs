using MediatR;

namespace ModularChat.Contracts.Identity;

/// <summary>Who may register on this server now.</summary>
public sealed record GetRegistration : IRequest<RegistrationInfo>, IRepeatable;

/// <summary>Who may register.</summary>
/// <param name="Mode"><c>open</c>, <c>invite</c> or <c>closed</c>.</param>
/// <param name="NeedsSetUp">There is no administrator yet: until then only the administrator may.</param>
public sealed record RegistrationInfo(string Mode, bool NeedsSetUp);
