import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ip = (...words) => execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 20_000 });

/** A network namespace with one cable to this machine, whose address changes like that of a phone that leaves one network and comes into another. Needs root on Linux. */
export class Cable {
  /** Why there can be none here; false when there can. */
  static get missing() {
    return process.platform !== 'linux' || process.getuid() !== 0 ? 'network namespaces need root on Linux'
      : !['/usr/sbin/ip', '/sbin/ip'].some(existsSync) && 'ip is not installed (apt-get install iproute2)';
  }

  static async lay() {
    const cable = new Cable();
    let number = 1;
    while (existsSync(`/run/netns/mc-phone-${number}`) || existsSync(`/sys/class/net/mcp${number}a`)) {
      number++;
    }
    cable.number = number;
    cable.name = `mc-phone-${number}`;
    cable.folder = await mkdtemp(path.join(tmpdir(), 'modularchat-cable-'));
    try {
      ip('netns', 'add', cable.name);
      ip('link', 'add', `mcp${number}a`, 'type', 'veth', 'peer', 'name', `mcp${number}b`, 'netns', cable.name);
      // Two networks on one cable: the namespace is in one of them at a time, and reaches this machine from both.
      ip('addr', 'add', `${cable.here}/25`, 'dev', `mcp${number}a`);
      ip('addr', 'add', `10.78.${number}.129/25`, 'dev', `mcp${number}a`);
      ip('link', 'set', `mcp${number}a`, 'up');
      ip('-n', cable.name, 'link', 'set', 'lo', 'up');
      ip('-n', cable.name, 'link', 'set', `mcp${number}b`, 'up');
      cable.comeInto(0);
    } catch (failed) {
      await cable.cut();
      throw failed;
    }
    return cable;
  }

  /** Where servers listen so that the namespace reaches them. */
  get here() {
    return `10.78.${this.number}.1`;
  }

  address(network) {
    return `10.78.${this.number}.${network * 128 + 2}`;
  }

  comeInto(network) {
    ip('-n', this.name, 'addr', 'add', `${this.address(network)}/25`, 'dev', `mcp${this.number}b`);
    ip('-n', this.name, 'route', 'add', 'default', 'via', `10.78.${this.number}.${network * 128 + 1}`);
  }

  /** Nothing goes out from the address it had, nothing comes to it; the other end is told nothing. */
  leave() {
    ip('-n', this.name, 'addr', 'flush', 'dev', `mcp${this.number}b`, 'scope', 'global');
  }

  /** The path of a program that runs inside. */
  async program(outside) {
    const inside = path.join(this.folder, path.basename(outside));
    await writeFile(inside, `#!/bin/sh\nexec nsenter --net=/run/netns/${this.name} ${outside} "$@"\n`);
    await chmod(inside, 0o755);
    return inside;
  }

  /** Takes all of it away, also what was made in part. */
  async cut() {
    for (const words of [['link', 'del', `mcp${this.number}a`], ['netns', 'del', this.name]]) {
      try {
        ip(...words);
      } catch {
        // Was not made.
      }
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
