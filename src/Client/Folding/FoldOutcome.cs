namespace ModularChat.Client.Folding;

/// <summary>What became of an entry.</summary>
public enum FoldOutcome
{
    /// <summary>It was the next one and is applied.</summary>
    Applied = 0,
    /// <summary>It had been applied before.</summary>
    Duplicate,
    /// <summary>Visible entries before it are missing: read history after <see cref="ConversationFold.Have"/> first. Nothing was applied.</summary>
    Hole,
    /// <summary>
    /// It lies outside the ranges that one may see as far as they are known: the frame that told of coming in was missed. Read the conversation
    /// first. Nothing was applied.
    /// </summary>
    Stale,
}
