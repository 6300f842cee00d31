using System.Buffers.Text;
using System.Security.Cryptography;
using ModularChat.Contracts;
using ModularChat.Messaging.Reading;

namespace ModularChat.UnitTests.Reading;

public class CursorTests
{
    private const int Shards = 16;
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    [Fact]
    public void Every_cursor_reads_back_as_it_was_written()
    {
        var random = new Random(1);
        for (var i = 0; i < 2_000; i++)
        {
            var cursor = Any(random);
            var text = Cursor.Write(cursor, Key);

            var read = Cursor.Read(text, Key, Shards);

            read.RunId.ShouldBe(cursor.RunId);
            read.Positions.ShouldBe(cursor.Positions);
            (read.Unfinished is null).ShouldBe(cursor.Unfinished is null);
            if (read.Unfinished is { } rest)
            {
                rest.Watermark.ShouldBe(cursor.Unfinished!.Watermark);
                rest.Shard.ShouldBe(cursor.Unfinished.Shard);
                rest.ConversationId.ShouldBe(cursor.Unfinished.ConversationId);
            }
            text.ShouldMatch("^[A-Za-z0-9_-]+$");
        }
    }

    [Fact]
    public void A_change_of_any_one_character_is_refused()
    {
        var random = new Random(2);
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ \n\0é😀";
        for (var i = 0; i < 50; i++)
        {
            var text = Cursor.Write(Any(random), Key);
            for (var place = 0; place < text.Length; place++)
            {
                var other = alphabet[random.Next(alphabet.Length)];
                if (other != text[place])
                {
                    Refused(string.Concat(text.AsSpan(0, place), other.ToString(), text.AsSpan(place + 1)));
                }
            }
        }
    }

    [Fact]
    public void What_is_cut_or_lengthened_is_refused()
    {
        var text = Cursor.Write(Any(new Random(3)), Key);
        for (var length = 0; length < text.Length; length++)
        {
            Refused(text[..length]);
            Refused(text[(length + 1)..] + text[..length]);
        }
        foreach (var end in new[] { "A", "=", "==", " ", "\n", text })
        {
            Refused(text + end);
        }
    }

    [Fact]
    public void Arbitrary_text_is_refused()
    {
        var random = new Random(4);
        for (var i = 0; i < 20_000; i++)
        {
            var letters = new char[random.Next(0, 300)];
            for (var place = 0; place < letters.Length; place++)
            {
                letters[place] = i % 2 == 0 ? (char)random.Next(0, 0x10000) : (char)random.Next(32, 127);
            }
            Refused(new string(letters));
        }
        Refused(new string('A', 1_000_000));
    }

    [Fact]
    public void Arbitrary_content_under_the_right_seal_never_throws_anything_else()
    {
        var random = new Random(5);
        for (var i = 0; i < 20_000; i++)
        {
            // Beginning as a real one, so that the parser is reached at every depth.
            var whole = Base64Url.DecodeFromChars(Cursor.Write(Any(random), Key));
            var content = whole.AsSpan(0, random.Next(0, whole.Length - 7)).ToArray();
            for (var changes = random.Next(0, 4); changes > 0 && content.Length > 0; changes--)
            {
                content[random.Next(content.Length)] = (byte)random.Next(256);
            }
            var seal = HMACSHA256.HashData(Key, content).AsSpan(0, 8).ToArray();
            try
            {
                Cursor.Read(Base64Url.EncodeToString([.. content, .. seal]), Key, Shards).Positions.ShouldAllBe(position => position >= 0);
            }
            catch (ChatException refused)
            {
                refused.Code.ShouldBe(ProblemCodes.InvalidCursor);
            }
        }
    }

    [Fact]
    public void The_cursor_of_another_server_is_refused()
    {
        var text = Cursor.Write(Any(new Random(6)), RandomNumberGenerator.GetBytes(32));

        Refused(text);
    }

    private static void Refused(string text) =>
        Should.Throw<ChatException>(() => Cursor.Read(text, Key, Shards)).Code.ShouldBe(ProblemCodes.InvalidCursor);

    private static Cursor Any(Random random) =>
        new(Id(random), Positions(random), random.Next(2) == 0 ? null : new UnfinishedSync(Positions(random), random.Next(Shards), Id(random)));

    private static long[] Positions(Random random)
    {
        var positions = new long[Shards];
        for (var i = 0; i < Shards; i++)
        {
            positions[i] = random.Next(4) switch { 0 => 0, 1 => random.Next(200), 2 => random.NextInt64(1L << 40), _ => long.MaxValue - random.Next(3) };
        }
        return positions;
    }

    private static Guid Id(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
