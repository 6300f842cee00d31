namespace ModularChat.Host;

internal sealed class Limits
{
    public IReadOnlyDictionary<string, long> Values { get; } = new Dictionary<string, long>(StringComparer.Ordinal);
}
