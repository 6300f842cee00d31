import type { ChatApi } from '../api.ts';
import { ChatProblem } from '../problem.ts';
import type { Problem } from '../types.ts';

const PATIENCE = 5000;

/**
 * Where to open a WebSocket, in the order to try: what discovery recommends, its alternatives, and at the end the address that was given. A
 * problem when no server takes connections now.
 */
export async function findServers(api: ChatApi, given: string): Promise<string[] | Problem> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const choice = await api.findServer(patience.signal);
    const servers: string[] = [];
    for (const url of [choice.url, ...(choice.alternatives ?? []).map(other => other.url), given]) {
      const server = url === '' ? originOf(given) : originOf(url);
      if (server !== undefined && mayGo(given, server) && !servers.includes(server)) {
        servers.push(server);
      }
    }
    return servers;
  } catch (failed) {
    // Older, too busy, or not there: then the one address that is known has to do.
    return failed instanceof ChatProblem && failed.problem.code === 'no_server' ? failed.problem : [given];
  } finally {
    clearTimeout(timer);
  }
}

function originOf(url: string): string | undefined {
  try {
    const { protocol, origin } = new URL(url);
    return protocol === 'https:' || protocol === 'http:' ? origin : undefined;
  } catch {
    return undefined;
  }
}

/** The token goes there, so never from a protected connection to an open one. */
function mayGo(given: string, server: string): boolean {
  return server.startsWith('https:') || given.startsWith('http:');
}
