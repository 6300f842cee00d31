using ModularChat.Contracts;

namespace ModularChat.Host.Description;

/// <summary>What the code of an endpoint does not say by itself; the one place for it. Path is below <c>/api/v1</c>.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path, as <c>/users/{id}</c>.</param>
/// <param name="Id">The operationId: what generated clients call it. Never changed.</param>
/// <param name="Tag">The group that it is shown in.</param>
/// <param name="Summary">One line.</param>
internal sealed record Operation(string Method, string Path, string Id, string Tag, string Summary)
{
    /// <summary>The statuses of success; what the return type of the handler says when empty.</summary>
    public int[] Statuses { get; init; } = [];

    /// <summary>The type of the answer where the handler's return type does not name it.</summary>
    public Type? Answer { get; init; }

    /// <summary>What the answer comes as.</summary>
    public string MediaType { get; init; } = "application/json";

    /// <summary>Parameters that the endpoint reads itself: in <c>query</c> or <c>header</c>, and the name.</summary>
    public (string In, string Name)[] Parameters { get; init; } = [];

    /// <summary>The fields that the body must have.</summary>
    public string[] Needs { get; init; } = [];

    /// <summary>The body may be left out.</summary>
    public bool BodyIsOptional { get; init; }

    /// <summary>Needs no credentials.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>How it may refuse, besides what any operation of its kind answers (<see cref="OperationList.ProblemsOf"/>).</summary>
    public ProblemCode[] Problems { get; init; } = [];
}
