using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Benchmarks;

/// <summary>Conversations of two who write messages of 200 bytes, all in one shard or in all.</summary>
internal sealed class Workload(int conversations, bool isOneShard)
{
    public const int Shards = 16;
    private static readonly JsonBody Body = new((byte[])[(byte)'"', .. Enumerable.Repeat((byte)'x', 198), (byte)'"']);

    public Guid[] Conversations { get; } = [.. Ones(isOneShard).Take(conversations)];

    public Guid[] Users { get; } = [.. Enumerable.Range(0, conversations * 2).Select(_ => Ids.New())];

    public Append Random(int n) => Message(System.Random.Shared.Next(Conversations.Length), n);

    public static Append[] Batch(int size, Func<int, Append> message) => [.. Enumerable.Range(0, size).Select(message)];

    public Append Message(int conversation, int n) => new()
    {
        ConversationId = Conversations[conversation],
        SenderId = Users[(conversation * 2) + (n & 1)],
        ClientMessageId = Ids.New(),
        RequestHash = new byte[16],
        Kind = EntryKind.Message,
        At = TimeProvider.System.GetUtcNow(),
        Body = Body,
        MembersSeq = 1,
    };

    public async Task CreateAsync(IMessageLog log)
    {
        foreach (var part in Enumerable.Range(0, Conversations.Length).Chunk(2_000))
        {
            await Task.WhenAll(part.Select(i => log.AppendAsync(
                Message(i, 0) with
                {
                    Kind = EntryKind.Created,
                    MembersSeq = 0,
                    Body = null,
                    Change = new Change.Create(
                        ConversationKind.Direct, null, HistoryVisibility.All, [(Users[i * 2], MemberRole.Member), (Users[(i * 2) + 1], MemberRole.Member)]),
                },
                CancellationToken.None).AsTask()));
        }
    }

    private static IEnumerable<Guid> Ones(bool isOneShard)
    {
        while (true)
        {
            if (Ids.New() is var id && (!isOneShard || Ids.Shard(id, Shards) == 0))
            {
                yield return id;
            }
        }
    }
}
