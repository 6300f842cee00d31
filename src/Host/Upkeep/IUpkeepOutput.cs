using ModularChat.Contracts.Messaging;

namespace ModularChat.Host.Upkeep;

/// <summary>Where a command of the one who runs the server says what it does; the terminal, or the other end of the control socket.</summary>
internal interface IUpkeepOutput
{
    /// <summary>A line of the answer.</summary>
    void Line(string text);

    /// <summary>How far it has come.</summary>
    void Progress(UpkeepProgress progress);
}

/// <summary>A command and its arguments by name, as they go over the control socket.</summary>
/// <param name="Command">As on the command line.</param>
/// <param name="Arguments">Only those that were given.</param>
internal sealed record UpkeepOrder(string Command, Dictionary<string, string> Arguments)
{
    public string? Find(string name) => Arguments.GetValueOrDefault(name);

    public bool Has(string name) => Arguments.ContainsKey(name);

    public int Number(string name, int otherwise) =>
        Find(name) is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : otherwise;
}

/// <summary>One line that comes back over the control socket: one of these.</summary>
internal sealed record UpkeepAnswer(string? Line = null, UpkeepProgress? Progress = null, string? Error = null, int? Exit = null);
