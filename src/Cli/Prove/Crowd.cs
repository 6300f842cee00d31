using System.Globalization;
using ModularChat.Client;

namespace ModularChat.Cli.Prove;

/// <summary>The people of a run: who they are, in which groups, with their devices and what they say.</summary>
internal sealed class Crowd(LocalCluster cluster, ProveOptions options, Proof proof, Timings timings, HttpMessageInvoker http, Random random, TimeProvider time)
{
    private const int GroupSize = 10, Absent = 5, AtOnce = 16;
    private readonly List<(string Who, Guid Id, string Session)> _people = [];
    private readonly List<Guid> _groups = [];
    private readonly List<Device> _devices = [];
    private readonly List<Speaker> _speakers = [];

    public IReadOnlyList<Device> Devices => _devices;

    public IReadOnlyList<Guid> Groups => _groups;

    /// <summary>Who is there, by device.</summary>
    public IReadOnlyList<Guid> Present => [.. _people.Take(options.Clients).Select(person => person.Id)];

    /// <summary>Who has never been there.</summary>
    public IReadOnlyList<Guid> Nobody => [.. _people.Skip(options.Clients).Select(person => person.Id)];

    /// <summary>One who asks for the others' presence.</summary>
    public string Asker => _people[0].Session;

    /// <summary>Makes users and groups; each is in two groups, so that groups are joined to each other.</summary>
    public async Task MakeAsync(CancellationToken token)
    {
        var key = cluster.Key;
        var server = cluster.UrlOf("node-1");
        var application = new ChatApi(http, server, new ChatCredentials(key));
        var people = new (string Who, Guid Id, string Session)[options.Clients + Absent];
        await Parallel.ForEachAsync(Enumerable.Range(0, people.Length), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = token }, async (i, token) =>
        {
            var who = string.Create(CultureInfo.InvariantCulture, $"p{i}");
            var user = await application.PutApplicationUserAsync(who, token: token);
            var session = await application.CreateApplicationSessionAsync(who, new DeviceDescription(who, "prove"), token);
            people[i] = (who, user.Id, session.Token);
        });
        _people.AddRange(people);
        var members = new Dictionary<Guid, HashSet<int>>();
        for (var first = 0; first < options.Clients; first += GroupSize)
        {
            HashSet<int> group = [.. Enumerable.Range(first, Math.Min(GroupSize, options.Clients - first)), (first + GroupSize) % options.Clients, (first + GroupSize + 1) % options.Clients];
            var id = ClientIds.New();
            var owner = new ChatApi(http, server, new ChatCredentials(key, people[first].Id));
            await owner.CreateGroupAsync(id, $"Group of p{first.ToString(CultureInfo.InvariantCulture)}", [.. group.Where(i => i != first).Select(i => people[i].Id)], token: token);
            _groups.Add(id);
            members.Add(id, group);
        }
        var plant = options.Plant ? new Plant() : null;
        for (var i = 0; i < options.Clients; i++)
        {
            Guid[] own = [.. members.Where(group => group.Value.Contains(i)).Select(group => group.Key)];
            var copy = new DeviceCopy(people[i].Who, own, proof, plant) { Came = timings.Came };
            var servers = cluster.Servers;
            _devices.Add(new Device(people[i].Who, people[i].Session, servers, http, copy, proof, new Random(random.Next()), time));
            _speakers.Add(new Speaker(people[i].Who, people[i].Session, own, servers, http, proof, timings, new Random(random.Next()), options.Pause, time));
        }
    }

    /// <summary>All hop and speak until they are told to stop; completes when everything that was begun is confirmed.</summary>
    public async Task RunAsync(CancellationToken stopSpeaking, CancellationToken stopHopping, CancellationToken token)
    {
        var hopping = _devices.Select(device => Task.Run(() => device.RunAsync(stopHopping), CancellationToken.None)).ToArray();
        await Task.WhenAll(_speakers.Select(speaker => Task.Run(() => speaker.RunAsync(stopSpeaking, token), CancellationToken.None)));
        await Task.WhenAll(hopping);
    }

    /// <summary>True when every device has everything up to these places.</summary>
    public bool HaveAll(IReadOnlyDictionary<Guid, long> heads) => _devices.TrueForAll(device => device.IsAway || device.Copy.Has(heads));

    /// <summary>Who still lacks something.</summary>
    public string Lacking(IReadOnlyDictionary<Guid, long> heads) => string.Join(", ", _devices.Where(device => !device.IsAway && !device.Copy.Has(heads)).Select(device => device.Who).Take(10));
}
