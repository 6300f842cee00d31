using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using ModularChat.Host.Roles;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>The port for other nodes. Its requests never reach the pipeline of the API, and the API's listeners never reach these.</summary>
internal sealed class InternalListener(IOptions<ClusterOptions> options)
{
    private ListenOptions? _listener;

    /// <summary>Where other nodes reach this one, once it listens; empty when they do not.</summary>
    public string Address
    {
        get
        {
            var (stated, place) = (options.Value.InternalAddress, options.Value.InternalUrl);
            if (stated.Length > 0 || _listener is null)
            {
                return stated.TrimEnd('/');
            }
            var host = place[..place.LastIndexOf(':')].Replace("*", Environment.MachineName, StringComparison.Ordinal);
            var port = _listener.EndPoint is IPEndPoint { Port: > 0 } bound ? $"{bound.Port}" : place[(place.LastIndexOf(':') + 1)..].TrimEnd('/');
            return $"{host}:{port}";
        }
    }

    public void Configure(ListenOptions listener)
    {
        _listener = listener;
        listener.Protocols = HttpProtocols.Http2;
        listener.Use(next => connection =>
        {
            connection.Features.Set(new InternalConnection());
            return next(connection);
        });
    }

    /// <summary>Set on the connections of the port, and on no others.</summary>
    internal sealed class InternalConnection;
}
