using MediatR;

namespace ModularChat.Contracts;

/// <summary>
/// An event that every node of the cluster hears, not only the one that published it. It must survive a trip as JSON. It may be lost
/// on the way, or come late; nothing that must be right rests on it.
/// </summary>
public interface IClusterEvent : INotification;

/// <summary>
/// A handler of an <see cref="IClusterEvent"/> whose effect reaches beyond its process, such as a row in a shared store: of all nodes it runs on one.
/// That is the publishing node where it has the handler's module, else one that has. It may run twice after a fault, so its effect must be idempotent.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OncePerClusterAttribute : Attribute;
