using System.Text;

namespace ModularChat.Storage.Redis;

/// <summary>Which of the 16384 slots of a cluster a key lies in: CRC-16 (XMODEM) of the part in braces, or of the whole key.</summary>
public static class RedisSlots
{
    /// <summary>The slot of a key.</summary>
    public static int Of(string key)
    {
        var bytes = Encoding.UTF8.GetBytes(key).AsSpan();
        var open = bytes.IndexOf((byte)'{');
        if (open >= 0)
        {
            var length = bytes[(open + 1)..].IndexOf((byte)'}');
            if (length > 0)
            {
                bytes = bytes.Slice(open + 1, length);
            }
        }
        var crc = 0;
        foreach (var value in bytes)
        {
            crc ^= value << 8;
            for (var i = 0; i < 8; i++)
            {
                crc = (crc & 0x8000) != 0 ? ((crc << 1) ^ 0x1021) & 0xFFFF : (crc << 1) & 0xFFFF;
            }
        }
        return crc % 16384;
    }
}
