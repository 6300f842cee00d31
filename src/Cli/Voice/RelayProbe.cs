using System.Net;
using System.Text;

namespace ModularChat.Cli.Voice;

/// <summary>Uses a relay as two clients in a call do: each opens one, and something goes from one to the other.</summary>
internal sealed class RelayProbe : IDisposable
{
    private const byte Udp = 17;

    private readonly StunWay _way;
    private readonly string _user, _password;
    private byte[]? _realm, _nonce;

    private RelayProbe(StunWay way, string user, string password) => (_way, _user, _password) = (way, user, password);

    public IPEndPoint Relayed { get; private set; } = new(IPAddress.None, 0);

    /// <summary>Asks a STUN server for one's own address.</summary>
    public static async Task<IPEndPoint> MapAsync(string host, int port, string transport, CancellationToken token)
    {
        using var way = await StunWay.OpenAsync(host, port, transport, token);
        var ask = new StunMessage(StunMessage.Binding);
        var answer = await way.AskAsync(ask.ToBytes(), one => one.Id.AsSpan().SequenceEqual(ask.Id), token);
        return answer.FindAddress(StunMessage.MappedAddress) ?? throw new InvalidDataException("The answer names no address.");
    }

    /// <summary>Opens a relay.</summary>
    public static async Task<RelayProbe> OpenAsync(string host, int port, string transport, string user, string password, CancellationToken token)
    {
        var probe = new RelayProbe(await StunWay.OpenAsync(host, port, transport, token), user, password);
        try
        {
            var answer = await probe.AskAsync(static () => new StunMessage(StunMessage.Allocate).Add(StunMessage.Transport, [Udp, 0, 0, 0]), token);
            probe.Relayed = answer.FindAddress(StunMessage.RelayedAddress) ?? throw new InvalidDataException("The answer names no relay.");
            return probe;
        }
        catch
        {
            probe.Dispose();
            throw;
        }
    }

    /// <summary>Lets something in that comes from there.</summary>
    public Task AllowAsync(IPEndPoint peer, CancellationToken token) => AskAsync(() => new StunMessage(StunMessage.CreatePermission).Add(StunMessage.PeerAddress, peer), token);

    /// <summary>Sends something through this relay to another one until it has come there.</summary>
    public async Task<bool> ReachesAsync(RelayProbe other, CancellationToken token)
    {
        var what = Encoding.ASCII.GetBytes("modularchat voice doctor");
        for (var i = 0; i < 5; i++)
        {
            await _way.SendAsync(new StunMessage(StunMessage.SendIndication).Add(StunMessage.PeerAddress, other.Relayed).Add(StunMessage.Data, what).ToBytes(), token);
            if (await other._way.WaitAsync(
                one => one.Type == StunMessage.DataIndication && one.Find(StunMessage.Data) is { } data && data.AsSpan().SequenceEqual(what), TimeSpan.FromSeconds(1), token) is not null)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Closes the relay at once, not when its time is over.</summary>
    public Task CloseAsync(CancellationToken token) => AskAsync(static () => new StunMessage(StunMessage.Refresh).Add(StunMessage.Lifetime, [0, 0, 0, 0]), token);

    public void Dispose() => _way.Dispose();

    private async Task<StunMessage> AskAsync(Func<StunMessage> make, CancellationToken token)
    {
        for (var attempt = 0; ; attempt++)
        {
            var ask = make();
            var answer = await _way.AskAsync(ask.ToBytes(_user, _password, _realm, _nonce), one => one.Id.AsSpan().SequenceEqual(ask.Id), token);
            if (answer.IsSuccess)
            {
                return answer;
            }
            // The first is without a name, and answered with what to sign with; later that may have become old.
            var (realm, nonce) = (answer.Find(StunMessage.Realm), answer.Find(StunMessage.Nonce));
            if (attempt > 0 && !(answer.Error == 438 && attempt < 3))
            {
                throw new InvalidDataException(answer.Error switch
                {
                    401 => "it does not accept the credentials: Calls:TurnSecret has to be its static-auth-secret",
                    403 => "it may not send to its own relays (403): denied-peer-ip, or an address of this machine alone",
                    486 => "the user has as many relays as it allows (486): user-quota",
                    508 => "it has no free ports (508): min-port and max-port",
                    var code => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"it answers with error {code}"),
                });
            }
            (_realm, _nonce) = (realm ?? _realm, nonce ?? _nonce);
        }
    }
}
