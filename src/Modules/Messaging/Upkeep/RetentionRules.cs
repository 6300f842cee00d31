using System.Globalization;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Upkeep;

/// <summary>How long entries of a conversation are kept.</summary>
/// <param name="Days">0 keeps.</param>
/// <param name="Count">0 keeps.</param>
internal readonly record struct RetentionRule(int Days, long Count)
{
    /// <summary>Both rules at once: whatever either of them has leave, leaves.</summary>
    public RetentionRule With(KeepRule? other) =>
        other is null ? this : new RetentionRule((int)Stricter(Days, other.Days), Stricter(Count, other.Count));

    private static long Stricter(long one, long other) => one == 0 ? other : other == 0 ? one : Math.Min(one, other);
}

/// <summary>The rules of the settings, and of the conversations' owners.</summary>
internal sealed class RetentionRules(RetentionOptions options)
{
    private readonly RetentionRule _all = new(options.Days, options.Count);
    private readonly Dictionary<Guid, RetentionRule> _single = options.Conversations.Select(Parse).OfType<(Guid Id, RetentionRule Rule)>().ToDictionary(r => r.Id, r => r.Rule);

    /// <summary>The operator's rule, and within it the owner's: an owner has things leave earlier, never later.</summary>
    public RetentionRule Of(Head head) => _single.GetValueOrDefault(head.ConversationId, _all).With(head.Keep);

    /// <summary>Null when it is no rule.</summary>
    public static (Guid Id, RetentionRule Rule)? Parse(string text)
    {
        var parts = text.Split('=', ',');
        return parts.Length == 3 && Guid.TryParse(parts[0].Trim(), out var id)
            && int.TryParse(parts[1], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var days)
            && long.TryParse(parts[2], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var count)
            ? (id, new RetentionRule(days, count))
            : null;
    }
}

/// <summary>Refuses rules that cannot be read, at the start.</summary>
internal sealed class CheckRetention : IValidateOptions<MessagingOptions>
{
    public ValidateOptionsResult Validate(string? name, MessagingOptions options)
    {
        var rules = options.Retention.Conversations;
        if (rules.FirstOrDefault(r => RetentionRules.Parse(r) is null) is { } wrong)
        {
            return ValidateOptionsResult.Fail($"Messaging:Retention:Conversations has '{wrong}', but must be rules like 01a203c0-8b62-7ef3-93ef-bc5696af5c18=30,0: a conversation, days and a count.");
        }
        return rules.Select(r => RetentionRules.Parse(r)!.Value.Id).Distinct().Count() == rules.Count
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Messaging:Retention:Conversations has two rules for one conversation.");
    }
}
