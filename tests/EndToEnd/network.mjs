import { once } from 'node:events';
import net from 'node:net';

/** The way to the server: it can be cut, or fall silent without a word. */
export class Network {
  #pairs = new Set();
  #mode = 'open';

  static async to(port) {
    const network = new Network();
    network.listener = net.createServer(client => network.#accept(client, port)).listen(0, '127.0.0.1');
    await once(network.listener, 'listening');
    network.url = `http://127.0.0.1:${network.listener.address().port}`;
    return network;
  }

  /** Connections break, new ones are refused. */
  cut() {
    this.#mode = 'cut';
    for (const [client, server] of this.#pairs) {
      client.destroy();
      server.destroy();
    }
  }

  /** Connections stay, but nothing gets through any more, in either direction. */
  silence() {
    this.#mode = 'silent';
    for (const [client, server] of this.#pairs) {
      client.unpipe(server);
      server.unpipe(client);
      client.resume();
      server.resume();
    }
  }

  mend() {
    this.#mode = 'open';
  }

  close() {
    this.cut();
    this.listener.close();
  }

  #accept(client, port) {
    client.on('error', () => undefined);
    if (this.#mode === 'cut') {
      client.destroy();
      return;
    }
    if (this.#mode === 'silent') {
      this.#pairs.add([client, client]);
      return;
    }
    const server = net.connect(port, '127.0.0.1');
    const pair = [client, server];
    this.#pairs.add(pair);
    for (const [one, other] of [[client, server], [server, client]]) {
      one.on('error', () => undefined);
      one.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
      one.pipe(other);
    }
  }
}
