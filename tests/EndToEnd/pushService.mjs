import { once } from 'node:events';
import http from 'node:http';
import { WebSocketServer } from 'ws';

/** A push service on loopback that Firefox takes for Mozilla's: what is posted to an endpoint goes to the browser that has it. */
export class PushService {
  /** What a server needs to send to it. */
  static settings = ['--Notifications:AllowHttpEndpoints=true', '--Notifications:InsideNetworks:0=127.0.0.0/8'];

  static async start() {
    const service = new PushService();
    service.channels = new Map();
    service.posted = [];
    service.http = http.createServer((request, answer) => service.#post(request, answer)).listen(0, '127.0.0.1');
    await once(service.http, 'listening');
    service.port = service.http.address().port;
    new WebSocketServer({ server: service.http, handleProtocols: names => [...names][0] ?? false }).on('connection', socket => {
      socket.on('message', text => service.#hear(socket, JSON.parse(text)));
      socket.on('error', () => undefined);
    });
    return service;
  }

  /** With these a browser comes here, asks nobody, and draws its notifications itself: there is no desktop to do it. */
  get preferences() {
    return {
      'dom.push.serverURL': `ws://127.0.0.1:${this.port}/`, 'dom.push.testing.allowInsecureServerURL': true, 'dom.push.testing.ignorePermission': true,
      'dom.push.connection.enabled': true, 'dom.push.userAgentID': '', 'permissions.default.desktop-notification': 1, 'alerts.useSystemBackend': false,
    };
  }

  stop() {
    this.http.closeAllConnections();
    this.http.close();
  }

  #hear(socket, { messageType, channelID, uaid }) {
    const say = more => socket.send(JSON.stringify({ messageType, status: 200, ...more }));
    if (messageType === 'hello') {
      say({ uaid: uaid || crypto.randomUUID().replaceAll('-', ''), use_webpush: true, broadcasts: {} });
    } else if (messageType === 'register') {
      const id = crypto.randomUUID();
      this.channels.set(id, { channelID, socket });
      say({ channelID, pushEndpoint: `http://127.0.0.1:${this.port}/push/${id}` });
    } else if (messageType === 'unregister') {
      for (const [id, channel] of this.channels) {
        if (channel.channelID === channelID) {
          this.channels.delete(id);
        }
      }
      say({ channelID });
    } else if (messageType === undefined || messageType === 'ping') {
      socket.send('{}');
    }
  }

  async #post(request, answer) {
    const parts = [];
    for await (const part of request) {
      parts.push(part);
    }
    const channel = this.channels.get(request.url.split('/').at(-1));
    if (!channel) {
      answer.writeHead(410).end();
      return;
    }
    const body = Buffer.concat(parts);
    this.posted.push({ body, headers: request.headers });
    const version = crypto.randomUUID();
    channel.socket.send(JSON.stringify({ messageType: 'notification', channelID: channel.channelID, version, data: body.toString('base64url'), headers: { encoding: request.headers['content-encoding'] } }));
    answer.writeHead(201, { Location: `http://127.0.0.1:${this.port}/message/${version}` }).end();
  }
}
