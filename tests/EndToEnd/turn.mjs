import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './server.mjs';

/** A real coturn on 127.0.0.1 or another address of this machine, UDP and TCP, with credentials by the shared-secret scheme. */
export class TurnServer {
  static secret = 'a shared secret of tests';

  static async start(host = '127.0.0.1') {
    const turn = new TurnServer();
    turn.host = host;
    turn.folder = await mkdtemp(path.join(tmpdir(), 'modularchat-turn-'));
    turn.port = await freePort();
    await turn.run();
    return turn;
  }

  async run() {
    this.process = spawn('turnserver', [
      '-n', `--listening-ip=${this.host}`, `--relay-ip=${this.host}`, `--listening-port=${this.port}`, '--min-port=49152', '--max-port=65535', '--use-auth-secret',
      `--static-auth-secret=${TurnServer.secret}`, '--realm=modularchat.test', '--fingerprint', '--allow-loopback-peers', '--no-tls', '--no-dtls', '--no-cli',
      `--pidfile=${this.folder}/pid`, `--userdb=${this.folder}/db`, '--log-file=stdout', '--simple-log'], { stdio: 'ignore' });
    for (let i = 0; !await this.#answers(); i++) {
      if (i > 100 || this.process.exitCode !== null) {
        throw new Error('coturn did not start (apt-get install coturn).');
      }
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }

  /** Ends it; what it relayed is forgotten. */
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

  #answers() {
    return new Promise(resolve => {
      const socket = net.connect(this.port, this.host, () => { socket.destroy(); resolve(true); });
      socket.on('error', () => resolve(false));
    });
  }
}
