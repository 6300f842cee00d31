using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Profiles;
using ModularChat.Identity.Relations;
using ModularChat.Identity.Storage;
using static ModularChat.StorageTests.Identity.IdentityServer;

namespace ModularChat.StorageTests.Identity;

public abstract class IdentityRelationTests(Deployment deployment) : IdentityTests(deployment)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_asks_and_the_other_accepts()
    {
        await using var server = await StartAsync();
        var (alice, bob) = (await server.EnterAsync("alice"), await server.EnterAsync("bob"));
        var friends = server.Get<Friends>();
        (await friends.RequestAsync(alice, bob.UserId, Cancel)).State.ShouldBe("requested");
        (await friends.RequestAsync(alice, bob.UserId, Cancel)).State.ShouldBe("requested");
        (await StateAsync(server, alice, bob)).ShouldBe("requested");
        (await StateAsync(server, bob, alice)).ShouldBe("asked");
        (await friends.RequestAsync(bob, alice.UserId, Cancel)).State.ShouldBe("friend");
        (await friends.RequestAsync(alice, bob.UserId, Cancel)).State.ShouldBe("friend");
        (await StateAsync(server, alice, bob)).ShouldBe("friend");
        (await VersionAsync(server, alice, "friends")).ShouldBe(2);
        (await VersionAsync(server, bob, "friends")).ShouldBe(2);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Either_takes_back_declines_or_removes(bool isAccepted, bool byTheAsked)
    {
        await using var server = await StartAsync();
        var (alice, bob) = (await server.EnterAsync("alice"), await server.EnterAsync("bob"));
        var friends = server.Get<Friends>();
        await friends.RequestAsync(alice, bob.UserId, Cancel);
        if (isAccepted)
        {
            await friends.RequestAsync(bob, alice.UserId, Cancel);
        }
        await (byTheAsked ? friends.RemoveAsync(bob, alice.UserId, Cancel) : friends.RemoveAsync(alice, bob.UserId, Cancel));
        (await StateAsync(server, alice, bob)).ShouldBeNull();
        (await StateAsync(server, bob, alice)).ShouldBeNull();
        await friends.RemoveAsync(alice, bob.UserId, Cancel);
        (await VersionAsync(server, bob, "friends")).ShouldBe(isAccepted ? 3 : 2);
    }

    [Fact]
    public async Task Friends_have_a_limit_on_both_sides()
    {
        await using var server = await StartAsync("Identity:MaxFriends=1");
        var (alice, bob, carol) = (await server.EnterAsync("alice"), await server.EnterAsync("bob"), await server.EnterAsync("carol"));
        var friends = server.Get<Friends>();
        await friends.RequestAsync(alice, bob.UserId, Cancel);
        (await RefusedAsync(ProblemCodes.LimitReached, () => friends.RequestAsync(alice, carol.UserId, Cancel))).Limit.ShouldBe(1);
        await RefusedAsync(ProblemCodes.LimitReached, () => friends.RequestAsync(carol, alice.UserId, Cancel));
        (await friends.RequestAsync(bob, alice.UserId, Cancel)).State.ShouldBe("friend");
    }

    [Fact]
    public async Task Nobody_befriends_or_blocks_themselves_or_somebody_who_is_not_there()
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        await RefusedAsync(ProblemCodes.InvalidRequest, () => server.Get<Friends>().RequestAsync(alice, alice.UserId, Cancel));
        await RefusedAsync(ProblemCodes.InvalidRequest, () => server.Get<Blocks>().BlockAsync(alice, alice.UserId, Cancel));
        await RefusedAsync(ProblemCodes.NotFound, () => server.Get<Friends>().RequestAsync(alice, Ids.New(), Cancel));
        await RefusedAsync(ProblemCodes.NotFound, () => server.Get<Blocks>().BlockAsync(alice, Ids.New(), Cancel));
    }

    [Fact]
    public async Task A_block_ends_the_friendship_and_refuses_both_alike_until_it_is_taken_away()
    {
        await using var server = await StartAsync();
        var (alice, bob) = (await server.EnterAsync("alice"), await server.EnterAsync("bob"));
        var (friends, blocks) = (server.Get<Friends>(), server.Get<Blocks>());
        await friends.RequestAsync(alice, bob.UserId, Cancel);
        await friends.RequestAsync(bob, alice.UserId, Cancel);
        await blocks.BlockAsync(alice, bob.UserId, Cancel);
        await blocks.BlockAsync(alice, bob.UserId, Cancel);
        (await StateAsync(server, bob, alice)).ShouldBeNull();
        var one = await RefusedAsync(ProblemCodes.Unreachable, () => friends.RequestAsync(bob, alice.UserId, Cancel));
        var other = await RefusedAsync(ProblemCodes.Unreachable, () => friends.RequestAsync(alice, bob.UserId, Cancel));
        other.Message.ShouldBe(one.Message);
        (await blocks.ListAsync(alice, Cancel)).Users.ShouldHaveSingleItem().Name.ShouldBe("bob");
        (await blocks.ListAsync(bob, Cancel)).Users.ShouldBeEmpty();
        (await VersionAsync(server, bob, "blocks")).ShouldBe(0);

        await blocks.UnblockAsync(bob, alice.UserId, Cancel);
        await RefusedAsync(ProblemCodes.Unreachable, () => friends.RequestAsync(bob, alice.UserId, Cancel));
        await blocks.UnblockAsync(alice, bob.UserId, Cancel);
        (await friends.RequestAsync(bob, alice.UserId, Cancel)).State.ShouldBe("requested");
        server.Published.OfType<BlockChanged>().ShouldBe([new(alice.UserId, bob.UserId), new(alice.UserId, bob.UserId)]);
    }

    [Fact]
    public async Task Relations_follow_each_change_at_once()
    {
        await using var server = await StartAsync();
        var (alice, bob) = (await server.EnterAsync("alice"), await server.EnterAsync("bob"));
        var friends = server.Get<Friends>();
        (await RelationAsync(server, alice, bob)).ShouldBe(new Relation(bob.UserId, IsBlocked: false, MayAddToGroups: true));

        await server.Get<Settings>().PutAsync(bob, new(0, JsonElement.Parse("""{"groupAdditions":"friends"}""")), Cancel);
        (await RelationAsync(server, alice, bob)).ShouldBe(new Relation(bob.UserId, IsBlocked: false, MayAddToGroups: false));
        (await RelationAsync(server, bob, alice)).ShouldBe(new Relation(alice.UserId, IsBlocked: false, MayAddToGroups: true));

        await friends.RequestAsync(alice, bob.UserId, Cancel);
        (await RelationAsync(server, alice, bob)).MayAddToGroups.ShouldBeFalse();
        await friends.RequestAsync(bob, alice.UserId, Cancel);
        (await RelationAsync(server, alice, bob)).MayAddToGroups.ShouldBeTrue();

        await server.Get<Blocks>().BlockAsync(bob, alice.UserId, Cancel);
        (await RelationAsync(server, alice, bob)).ShouldBe(new Relation(bob.UserId, IsBlocked: true, MayAddToGroups: false));
        (await RelationAsync(server, bob, alice)).ShouldBe(new Relation(alice.UserId, IsBlocked: true, MayAddToGroups: false));
        await server.Get<Blocks>().UnblockAsync(bob, alice.UserId, Cancel);
        (await RelationAsync(server, alice, bob)).IsBlocked.ShouldBeFalse();
    }

    [Fact]
    public async Task A_block_made_on_another_node_is_seen_within_30_seconds()
    {
        await using var server = await StartAsync();
        var (alice, bob) = (await server.EnterAsync("alice"), await server.EnterAsync("bob"));
        (await RelationAsync(server, alice, bob)).IsBlocked.ShouldBeFalse();
        // An event that was lost: the block is there, and nobody was told.
        await server.Get<IdentityStore>().WriteAsync(
            Scope.Of(bob.UserId, alice.UserId),
            async work =>
            {
                foreach (var db in new[] { work.Of(bob.UserId), work.Of(alice.UserId) }.Distinct())
                {
                    await db.Blocks.AddAsync(new BlockRow { UserId = bob.UserId, OtherId = alice.UserId }, Cancel);
                }
            },
            Cancel);
        server.Time.Advance(TimeSpan.FromSeconds(29));
        (await RelationAsync(server, alice, bob)).IsBlocked.ShouldBeFalse();
        server.Time.Advance(TimeSpan.FromSeconds(1));
        (await RelationAsync(server, alice, bob)).IsBlocked.ShouldBeTrue();
    }

    [Fact]
    public async Task Relations_to_many_leave_out_who_is_not_there()
    {
        await using var server = await StartAsync();
        var (alice, bob, carol) = (await server.EnterAsync("alice"), await server.EnterAsync("bob"), await server.EnterAsync("carol"));
        await RelationAsync(server, alice, bob);
        var relations = await server.SendAsync(new GetRelations(alice.UserId, [bob.UserId, Ids.New(), carol.UserId, bob.UserId, alice.UserId]));
        relations.Select(relation => relation.OtherId).ShouldBe([bob.UserId, carol.UserId, alice.UserId], ignoreOrder: true);
        relations.ShouldAllBe(relation => relation.MayAddToGroups);
    }

    [Fact]
    public async Task An_audience_has_the_friends_the_blocks_of_both_ways_and_what_the_user_has_set()
    {
        await using var server = await StartAsync();
        var (alice, bob, carol, dora) = (await server.EnterAsync("alice"), await server.EnterAsync("bob"), await server.EnterAsync("carol"), await server.EnterAsync("dora"));
        await server.Get<Friends>().RequestAsync(alice, bob.UserId, Cancel);
        await server.Get<Friends>().RequestAsync(bob, alice.UserId, Cancel);
        await server.Get<Friends>().RequestAsync(alice, carol.UserId, Cancel);
        await server.Get<Blocks>().BlockAsync(dora, alice.UserId, Cancel);
        await server.Get<Settings>().PutAsync(alice, new(0, JsonElement.Parse("""{"presence":"friends"}""")), Cancel);

        var audiences = await server.SendAsync(new GetAudiences([alice.UserId, dora.UserId, Ids.New()]));

        var (ofAlice, ofDora) = (audiences.Single(one => one.UserId == alice.UserId), audiences.Single(one => one.UserId == dora.UserId));
        audiences.Length.ShouldBe(2);
        ofAlice.Presence.ShouldBe(PresenceVisibility.Friends);
        ofAlice.Friends.ShouldBe([bob.UserId]);
        ofAlice.Blocked.ShouldBe([dora.UserId]);
        ofDora.Presence.ShouldBe(PresenceVisibility.Everybody);
        ofDora.Friends.ShouldBeEmpty();
        ofDora.Blocked.ShouldBe([alice.UserId]);
    }

    [Fact]
    public async Task A_change_that_fails_publishes_nothing_and_changes_no_version()
    {
        await using var server = await StartAsync("Identity:MaxBlocks=1");
        var (alice, bob, carol) = (await server.EnterAsync("alice"), await server.EnterAsync("bob"), await server.EnterAsync("carol"));
        await server.Get<Blocks>().BlockAsync(alice, bob.UserId, Cancel);
        server.Published.Clear();
        await RefusedAsync(ProblemCodes.LimitReached, () => server.Get<Blocks>().BlockAsync(alice, carol.UserId, Cancel));
        server.Published.ShouldBeEmpty();
        (await VersionAsync(server, alice, "blocks")).ShouldBe(1);
        (await server.Get<IdentityStore>().ReadAsync(alice.UserId, db => db.Blocks.CountAsync(Cancel), Cancel)).ShouldBe(1);
    }

    private static async Task<Relation> RelationAsync(IdentityServer server, Caller user, Caller other) =>
        (await server.SendAsync(new GetRelations(user.UserId, [other.UserId]))).ShouldHaveSingleItem();

    private static async Task<string?> StateAsync(IdentityServer server, Caller caller, Caller other) =>
        (await server.Get<Friends>().ListAsync(caller, Cancel)).Friends.SingleOrDefault(friend => friend.User.Id == other.UserId)?.State;

    private static async Task<long> VersionAsync(IdentityServer server, Caller caller, string subject) =>
        (await server.SendAsync(new GetDataVersions(caller.UserId))).GetValueOrDefault(subject);
}
