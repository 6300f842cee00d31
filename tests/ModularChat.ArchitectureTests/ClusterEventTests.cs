using System.Reflection;
using System.Text.Json;
using MediatR;
using ModularChat.ArchitectureTests.Code;
using ModularChat.ArchitectureTests.Rules;
using ModularChat.Contracts;

namespace ModularChat.ArchitectureTests;

/// <summary>What travels between nodes.</summary>
public sealed class ClusterEventTests
{
    public static TheoryData<Type> Events => [.. typeof(IClusterEvent).Assembly.GetTypes().Where(t => t is { IsClass: true } && t.IsAssignableTo(typeof(IClusterEvent)))];

    [Theory]
    [MemberData(nameof(Events))]
    public void Each_event_survives_the_way_to_another_node(Type type)
    {
        var json = ClusterEventsJson.Wire.GetTypeInfo(type).ShouldNotBeNull($"{type.Name} is missing in {nameof(ClusterEventsJson)}");
        var sample = Samples.Make(type);

        var back = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(sample, json), json);

        Samples.Difference(sample, back, type.Name).ShouldBeNull();
    }

    [Fact]
    public void Only_handlers_of_events_that_travel_are_marked_to_run_once()
    {
        var marked = CodeBase.Modules.Select(CodeBase.Module).Append(CodeBase.Host).SelectMany(CodeBase.Types).Where(t => t.GetCustomAttribute<OncePerClusterAttribute>() is not null).ToList();

        marked.ShouldNotBeEmpty();
        foreach (var handler in marked)
        {
            handler.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(INotificationHandler<>))
                .ShouldAllBe(i => i.GetGenericArguments()[0].IsAssignableTo(typeof(IClusterEvent)), handler.FullName);
        }
    }
}
