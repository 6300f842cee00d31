using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

/// <summary>What of a conversation's past comes with joining it.</summary>
internal static class Ranges
{
    public static RangeChange Open(Head head) => head.History == HistoryVisibility.All ? RangeChange.OpenAll : RangeChange.OpenHere;
}
