namespace ModularChat.Contracts;

/// <summary>
/// Marks a number in an options class that binds clients: <c>GET /api/v1/limits</c> and the hello frame state it under the
/// property's name in camelCase.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class LimitAttribute : Attribute;
