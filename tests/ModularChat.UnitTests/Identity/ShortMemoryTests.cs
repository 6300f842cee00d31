using ModularChat.Identity.Memory;
using ModularChat.Shared;

namespace ModularChat.UnitTests.Identity;

public sealed class ShortMemoryTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void What_was_read_is_known_for_30_seconds()
    {
        var memory = new ShortMemory<int, string>(_time, 100);
        memory.Keep(1, "one", memory.Stamp());
        _time.Advance(TimeSpan.FromSeconds(29.9));
        memory.TryGet(1, out var value).ShouldBeTrue();
        value.ShouldBe("one");
        _time.Advance(TimeSpan.FromSeconds(0.1));
        memory.TryGet(1, out _).ShouldBeFalse();
    }

    [Fact]
    public void What_was_forgotten_is_not_known()
    {
        var memory = new ShortMemory<int, string>(_time, 100);
        memory.Keep(1, "one", memory.Stamp());
        memory.Keep(2, "two", memory.Stamp());
        memory.Keep(3, "three", memory.Stamp());
        memory.Forget(1);
        memory.ForgetWhere((_, value) => value == "two");
        memory.TryGet(1, out _).ShouldBeFalse();
        memory.TryGet(2, out _).ShouldBeFalse();
        memory.TryGet(3, out _).ShouldBeTrue();
    }

    [Fact]
    public void What_was_read_before_it_was_forgotten_is_not_kept_after()
    {
        var memory = new ShortMemory<int, string>(_time, 100);
        var stamp = memory.Stamp();
        memory.Forget(1);
        memory.Keep(1, "stale", stamp);
        memory.TryGet(1, out _).ShouldBeFalse();
    }

    [Fact]
    public void It_never_grows_beyond_its_bound()
    {
        var memory = new ShortMemory<int, int>(_time, 100);
        for (var i = 0; i < 10_000; i++)
        {
            memory.Keep(i, i, memory.Stamp());
            memory.Count.ShouldBeLessThanOrEqualTo(100);
        }
        memory.TryGet(9_999, out _).ShouldBeTrue();
    }
}
