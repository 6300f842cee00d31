using System.Buffers;
using System.Globalization;
using System.Text;

namespace ModularChat.Storage.Redis;

/// <summary>One command with its arguments, ready to be sent. May be sent more than once.</summary>
public sealed class RespCommand
{
    private readonly ArrayBufferWriter<byte> _arguments = new(64);
    private int _count;

    /// <summary>A command of these words.</summary>
    public RespCommand(params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            Add(word);
        }
    }

    /// <summary>About how many bytes it takes.</summary>
    public int Size => _arguments.WrittenCount + 16;

    /// <summary>Adds an argument.</summary>
    public RespCommand Add(ReadOnlySpan<byte> argument)
    {
        Header((byte)'$', argument.Length);
        _arguments.Write(argument);
        _arguments.Write("\r\n"u8);
        _count++;
        return this;
    }

    /// <summary>Adds an argument.</summary>
    public RespCommand Add(string argument)
    {
        if (argument.Length > 128)
        {
            return Add(Encoding.UTF8.GetBytes(argument).AsSpan());
        }
        Span<byte> bytes = stackalloc byte[argument.Length * 3];
        return Add(bytes[..Encoding.UTF8.GetBytes(argument, bytes)]);
    }

    /// <summary>Adds an argument.</summary>
    public RespCommand Add(long argument)
    {
        Span<byte> digits = stackalloc byte[20];
        argument.TryFormat(digits, out var written, provider: CultureInfo.InvariantCulture);
        return Add(digits[..written]);
    }

    internal void WriteTo(IBufferWriter<byte> writer)
    {
        Span<byte> header = stackalloc byte[16];
        header[0] = (byte)'*';
        _count.TryFormat(header[1..], out var written, provider: CultureInfo.InvariantCulture);
        "\r\n"u8.CopyTo(header[(written + 1)..]);
        writer.Write(header[..(written + 3)]);
        writer.Write(_arguments.WrittenSpan);
    }

    private void Header(byte kind, int length)
    {
        var header = _arguments.GetSpan(16);
        header[0] = kind;
        length.TryFormat(header[1..], out var written, provider: CultureInfo.InvariantCulture);
        "\r\n"u8.CopyTo(header[(written + 1)..]);
        _arguments.Advance(written + 3);
    }
}
