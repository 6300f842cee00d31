using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace ModularChat.Storage.Redis;

/// <summary>One answer of Redis, or a part of it.</summary>
public readonly struct RespValue
{
    private readonly object? _content;
    private readonly long _number;

    private RespValue(object? content, long number) => (_content, _number) = (content, number);

    /// <summary>True for nil.</summary>
    public bool IsNull => _content is null;

    /// <summary>The text of an error answer; null for any other.</summary>
    public string? Error => (_content as RespError)?.Text;

    /// <summary>The elements of an array; empty for anything else.</summary>
    public RespValue[] Items => _content as RespValue[] ?? [];

    /// <summary>The bytes of a string; empty for nil.</summary>
    public byte[] Bytes => _content as byte[] ?? [];

    /// <summary>A number, also one that comes as text.</summary>
    public long Number => _content is byte[] bytes ? (Utf8Parser.TryParse(bytes, out long parsed, out _) ? parsed : 0) : _number;

    /// <summary>A string as text.</summary>
    public string Text => _content switch
    {
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        RespError error => error.Text,
        RespValue[] => "",
        _ => _number.ToString(CultureInfo.InvariantCulture),
    };

    internal static RespValue Null => default;

    /// <summary>A number.</summary>
    public static RespValue Of(long number) => new(RespNumber.Instance, number);

    internal static RespValue Of(byte[] bytes) => new(bytes, 0);

    internal static RespValue Of(RespValue[] items) => new(items, 0);

    internal static RespValue OfError(string text) => new(new RespError(text), 0);

    private sealed record RespError(string Text);

    private sealed class RespNumber
    {
        public static readonly RespNumber Instance = new();
    }
}
