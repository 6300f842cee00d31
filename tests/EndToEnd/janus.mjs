import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './server.mjs';

/** A real Janus with its AudioBridge. Its requests come in on 127.0.0.1; sound goes through the machine's own address, for it never uses loopback. */
export class JanusServer {
  static secret = 'a shared secret of tests';

  static async start() {
    const janus = new JanusServer();
    janus.folder = await mkdtemp(path.join(tmpdir(), 'modularchat-janus-'));
    janus.port = await freePort();
    janus.url = `http://127.0.0.1:${janus.port}/janus`;
    await janus.#write();
    await janus.run();
    return janus;
  }

  async run() {
    this.process = spawn('janus', ['-F', this.folder, '-C', path.join(this.folder, 'janus.jcfg')], { stdio: 'ignore', cwd: this.folder });
    let failed;
    this.process.on('error', error => (failed = error));
    for (let i = 0; !await fetch(`${this.url}/info`).then(answer => answer.ok, () => false); i++) {
      if (i > 600 || failed || this.process.exitCode !== null) {
        throw new Error(`Janus did not start (apt-get install janus). ${failed ?? ''}`);
      }
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }

  /** Ends it; the rooms that it had are forgotten. */
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

  async #write() {
    const multiarch = (await readdir('/usr/lib')).map(folder => `/usr/lib/${folder}/janus`);
    const library = ['/usr/lib/janus', ...multiarch].find(folder => existsSync(`${folder}/plugins`));
    const but = async (folder, kept) => (await readdir(`${library}/${folder}`)).filter(file => file.endsWith('.so') && file !== kept).join(',');
    await writeFile(path.join(this.folder, 'janus.jcfg'), `general: { configs_folder = "${this.folder}" plugins_folder = "${library}/plugins" transports_folder = "${library}/transports"
  events_folder = "${library}/events" loggers_folder = "${library}/loggers" debug_level = 4 debug_colors = false api_secret = "${JanusServer.secret}" session_timeout = 120 }
nat: { full_trickle = false }
plugins: { disable = "${await but('plugins', 'libjanus_audiobridge.so')}" }
transports: { disable = "${await but('transports', 'libjanus_http.so')}" }
`);
    await writeFile(path.join(this.folder, 'janus.transport.http.jcfg'), `general: { json = "compact" base_path = "/janus" http = true port = ${this.port} ip = "127.0.0.1" https = false }\n`);
    await writeFile(path.join(this.folder, 'janus.plugin.audiobridge.jcfg'), 'general: { }\n');
  }
}
