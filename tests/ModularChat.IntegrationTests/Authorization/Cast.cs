using ModularChat.Contracts;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Authorization;

/// <summary>
/// The people of one row of a matrix, made anew for each, and two conversations of the owner: a group, and a direct one with
/// somebody whom the owner has blocked since. The second entry of both is a message by the owner.
/// </summary>
internal sealed record Cast(ChatUser Owner, ChatUser Member, ChatUser Stranger, ChatUser Former, ChatUser Blocked, Guid Group, Guid Direct)
{
    public const long Message = 2;

    public static async Task<Cast> MakeAsync(Integrator integrator, ChatUser owner)
    {
        var people = new ChatUser[4];
        for (var i = 0; i < people.Length; i++)
        {
            people[i] = await integrator.MakeUserAsync($"{Ids.New():N}");
        }
        var (member, stranger, former, blocked) = (people[0], people[1], people[2], people[3]);
        var group = (await owner.CreateGroupAsync("Team", member, former)).Id;
        await owner.SendAsync(group, "in the group");
        await former.RemoveAsync(group, former);
        var direct = (await owner.OpenDirectAsync(blocked)).Id;
        await owner.SendAsync(direct, "between two");
        await owner.BlockAsync(blocked);
        return new Cast(owner, member, stranger, former, blocked, group, direct);
    }

    /// <summary>What nobody but a member may have changed.</summary>
    public async Task<string> StateAsync()
    {
        var group = await Owner.GetConversationAsync(Group);
        var direct = await Owner.GetConversationAsync(Direct);
        return $"group: {group.Title}, {group.Head} entries, {group.MemberCount} members, {group.Me.Role}; direct: {direct.Head} entries, {direct.MemberCount} members";
    }
}
