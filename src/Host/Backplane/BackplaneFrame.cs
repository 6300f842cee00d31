using System.Text;

namespace ModularChat.Host.Backplane;

/// <summary>
/// One event on its way: a byte for the form, 16 for the sending process, the length of the event's name, the name in ASCII, and the event as JSON. Name
/// and sender stand in front, so that own frames and unknown ones cost no parsing.
/// </summary>
internal static class BackplaneFrame
{
    private const byte Form = 1;
    private const int NameAt = 18;

    public static byte[] Write(Guid sender, string name, ReadOnlySpan<byte> json)
    {
        var frame = new byte[NameAt + name.Length + json.Length];
        frame[0] = Form;
        sender.TryWriteBytes(frame.AsSpan(1), bigEndian: true, out _);
        frame[NameAt - 1] = (byte)name.Length;
        Encoding.ASCII.GetBytes(name, frame.AsSpan(NameAt));
        json.CopyTo(frame.AsSpan(NameAt + name.Length));
        return frame;
    }

    /// <summary>False for bytes that are no frame of this form.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out Guid sender, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> json)
    {
        sender = Guid.Empty;
        name = json = default;
        if (frame.Length < NameAt || frame[0] != Form || frame.Length < NameAt + frame[NameAt - 1])
        {
            return false;
        }
        sender = new Guid(frame.Slice(1, 16), bigEndian: true);
        name = frame.Slice(NameAt, frame[NameAt - 1]);
        json = frame[(NameAt + name.Length)..];
        return true;
    }
}
