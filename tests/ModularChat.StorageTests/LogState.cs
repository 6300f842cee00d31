using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>Everything about a conversation as a text, so that a difference is seen at a glance.</summary>
internal static class LogState
{
    public static string Describe(Membership membership, IEnumerable<Entry> entries) => string.Join(
        '\n',
        [
            $"{membership.Head}",
            .. membership.Members.OrderBy(m => m.UserId).Select(m => $"{m with { Ranges = [] }} {string.Join(", ", m.Ranges.AsEnumerable())}"),
            .. entries.Select(e => JsonSerializer.Serialize(e, ContractsJson.Default.Entry)),
        ]);
}
