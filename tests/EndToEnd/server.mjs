import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const HOST = path.resolve(import.meta.dirname, '../../src/Host/bin/Debug/net10.0/ModularChat.Host.dll');

/** The server as a process of its own, with its own data, which can be killed and started again. */
export class ChatServer {
  static async start(settings = [], host = '127.0.0.1') {
    if (!existsSync(path.join(path.dirname(HOST), 'webclient/index.html'))) {
      throw new Error('src/Host is not built with its web client: dotnet build src/Host, where npm is.');
    }
    const server = new ChatServer();
    server.folder = await mkdtemp(path.join(tmpdir(), 'modularchat-e2e-'));
    server.port = await freePort();
    server.url = `http://${host}:${server.port}`;
    server.settings = settings;
    await server.run();
    return server;
  }

  async run() {
    const settings = [`--Host:Url=${this.url}`, `--Storage:Directory=${this.folder}`, '--Identity:RegistrationsPerMinute=0', '--Identity:LogInsPerMinute=0', ...this.settings];
    this.process = spawn('dotnet', [HOST, ...settings], { stdio: ['ignore', 'ignore', 'inherit'] });
    for (let i = 0; ; i++) {
      const ready = await fetch(`${this.url}/health/ready`).then(answer => answer.ok, () => false);
      if (ready) {
        return;
      }
      if (i > 900 || this.process.exitCode !== null) {
        this.process.kill('SIGKILL');
        throw new Error('The server did not start.');
      }
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }

  async kill() {
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      await this.kill();
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  async request(method, route, { token, body } = {}) {
    const answer = await fetch(`${this.url}/api/v1/${route}`, {
      method,
      headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(body ? { 'Content-Type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) {
      throw new Error(`${method} ${route}: ${answer.status} ${text}`);
    }
    return text ? JSON.parse(text) : undefined;
  }

  async user(name) {
    const { user, session } = await this.request('POST', 'register', { body: { name, password: 'correct horse battery' } });
    return { ...user, token: session.token };
  }

  send(user, conversationId, text) {
    return this.request('POST', `conversations/${conversationId}/messages`, { token: user.token, body: { clientMessageId: crypto.randomUUID(), text } });
  }
}

export async function freePort() {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
