using ModularChat.Cli.Prove;
using ModularChat.Client;
using ModularChat.Contracts;

namespace ModularChat.UnitTests.Prove;

/// <summary>The checker of <c>chat prove cluster</c> must itself be able to fail: one planted fault of each kind.</summary>
public sealed class DeviceCopyTests
{
    private static readonly Guid Group = Ids.New();
    private readonly Proof _proof = new();

    [Fact]
    public void What_comes_once_and_in_order_is_right()
    {
        var device = NewDevice();
        device.Take(Live(1));
        device.Take(Live(2));
        device.Take("cursor 2");
        device.Begin();
        // What came after the last cursor may come again on the next connection.
        device.Take(Live(2));
        device.Take(Live(3));
        Acked(3);

        device.Check();

        _proof.IsClean.ShouldBeTrue(string.Join('\n', _proof.Stories));
        device.Has(_proof.Heads()).ShouldBeTrue();
        device.Cursor.ShouldBe("cursor 2");
    }

    [Fact]
    public void What_was_confirmed_and_never_came_is_lost_and_the_story_says_what_and_for_whom()
    {
        var device = NewDevice();
        device.Take(Live(1));
        _proof.Step = "kill:node-1";
        Acked(2);

        device.Check();

        _proof.Count(Wrong.Lost).ShouldBe(1);
        _proof.Stories.Single().ShouldBe($"lost during kill:node-1: 'text 2', confirmed as {Group} seq 2, never came to anna");
        device.Has(_proof.Heads()).ShouldBeFalse();
    }

    [Fact]
    public void A_cursor_beyond_what_was_given_is_a_loss_although_it_comes_later()
    {
        var device = NewDevice();
        device.Take(Live(1));
        device.Take(Live(3));

        device.Take("cursor 3");

        _proof.Count(Wrong.Lost).ShouldBe(1);
        _proof.Stories.Single().ShouldContain($"lacks {Group} seq 2");
    }

    [Fact]
    public void An_entry_behind_its_successor_is_reordered()
    {
        var device = NewDevice();
        device.Take(Live(1));
        device.Take(Live(3));
        device.Take(Live(2));
        device.Take("cursor 3");

        _proof.Count(Wrong.Reordered).ShouldBe(1);
        _proof.Count(Wrong.Lost).ShouldBe(0);
        Acked(3);
        device.Check();
        _proof.Count(Wrong.Lost).ShouldBe(0);
    }

    [Fact]
    public void The_same_entry_twice_on_one_connection_is_duplicated()
    {
        var device = NewDevice();
        device.Take(Live(1));
        device.Take(Live(1));

        _proof.Count(Wrong.Duplicated).ShouldBe(1);
    }

    [Fact]
    public void A_message_that_is_stored_twice_is_duplicated()
    {
        var device = NewDevice();
        device.Take(Live(1));
        device.Take(Live(2, "text 1"));

        _proof.Count(Wrong.Duplicated).ShouldBe(1);
        _proof.Stories.Single().ShouldContain("stored twice");
    }

    [Fact]
    public void Two_devices_that_are_given_different_things_at_one_place_are_told_apart()
    {
        NewDevice().Take(Live(1));
        NewDevice("boris").Take(Live(1, "another"));

        _proof.Count(Wrong.Lost).ShouldBe(1);
        _proof.Stories.Single().ShouldContain("boris");
    }

    [Fact]
    public void A_planted_loss_is_found_once()
    {
        var plant = new Plant();
        var (anna, boris) = (NewDevice("anna", plant), NewDevice("boris", plant));
        foreach (var seq in (long[])[1, 2, 3])
        {
            anna.Take(Live(seq));
            boris.Take(Live(seq));
        }
        Acked(1);
        Acked(2);
        Acked(3);

        anna.Check();
        boris.Check();

        _proof.Count(Wrong.Lost).ShouldBe(1);
        _proof.Stories.Single().ShouldContain("never came to anna");
    }

    private DeviceCopy NewDevice(string who = "anna", Plant? plant = null) => new(who, [Group], _proof, plant);

    private void Acked(long seq) => _proof.Ack(Group, seq, Text(seq));

    private static Entry Live(long seq, string? text = null) =>
        new() { ConversationId = Group, Seq = seq, Kind = EntryKind.Message, Body = new EntryBody { Text = text ?? Text(seq) } };

    private static string Text(long seq) => "text " + seq.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
