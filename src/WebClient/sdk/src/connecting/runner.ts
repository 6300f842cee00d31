import type { ChatApi } from '../api.ts';
import type { ConnectionState } from '../events.ts';
import { ChatProblem } from '../problem.ts';
import type { Replica } from '../replica.ts';
import type { Problem } from '../types.ts';
import { Backoff, comeBack, refusal } from './backoff.ts';
import type { Link, LinkEnd, LinkHandler } from './link.ts';
import { LongPollLink } from './longPollLink.ts';
import { findServers } from './serverFinder.ts';
import { WebSocketLink, type SocketConstructor } from './webSocketLink.ts';

const POLL_BEFORE_NEXT_TRY = 120_000;
const SHORT_LIFE = 1000;
const NOT_OPENED_LIMIT = 2;
const OTHER_VERSION: Problem = {
  code: 'other_version', retryable: true, detail: 'There is no /api/v1 at this address: the server is of another version, or no chat server.',
};

export interface RunnerOptions {
  url: string; token: string; actAs?: string; transport?: 'auto' | 'webSocket' | 'longPoll'; webSocket?: SocketConstructor;
  /** Whether to ask the server before each WebSocket where to open it. Default true. */
  discover?: boolean;
}
export interface RunnerEvents {
  stateChanged(state: ConnectionState, problem?: Problem): void;
  /** The connection is gone, and nothing is in flight on it any more. */
  detached(): void;
}

/** Connects, and comes back with growing, jittered delays by the server's close codes. */
export class Runner {
  state: ConnectionState = 'idle';
  /** Waiting and refused: why, where it is known. */
  problem: Problem | undefined;
  link: Link | undefined;
  readonly #options: RunnerOptions;
  readonly #api: ChatApi;
  readonly #replica: Replica;
  readonly #handler: LinkHandler;
  readonly #events: RunnerEvents;
  readonly #backoff = new Backoff();
  readonly #whenLive: { promise: Promise<void>; resolve(): void; reject(reason: unknown): void };
  #running: Promise<void> | undefined;
  #closed = false;
  #liveAt = 0;
  #notOpened = 0;
  #askedWait = 0;
  #isOtherVersion = false;
  #noServer: Problem | undefined;
  #wake: () => void = () => undefined;

  constructor(options: RunnerOptions, api: ChatApi, replica: Replica, handler: LinkHandler, events: RunnerEvents) {
    this.#options = options;
    this.#api = api;
    this.#replica = replica;
    this.#handler = handler;
    this.#events = events;
    let resolve!: () => void;
    let reject!: (reason: unknown) => void;
    const promise = new Promise<void>((one, other) => ([resolve, reject] = [one, other]));
    promise.catch(() => undefined);
    this.#whenLive = { promise, resolve, reject };
  }

  start(): Promise<void> {
    this.#running ??= this.#run();
    return this.#whenLive.promise;
  }

  live(): void {
    this.#liveAt = Date.now();
    this.#setState('live');
    this.#whenLive.resolve();
  }

  askedToWait(milliseconds: number | undefined): void {
    this.#askedWait = milliseconds ?? 0;
  }

  wake(): void {
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.link?.abort();
    this.#wake();
    this.#setState('closed');
    this.#whenLive.reject(new Error('The client was closed.'));
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      this.#setState('connecting');
      this.#liveAt = 0;
      const end = await this.#connectOnce();
      let rule = comeBack(end.code);
      if (this.#closed) {
        return;
      }
      if (rule === 'never' && end.code === 4103) {
        this.#replica.forgetCursor();
        rule = 'backoff';
      }
      if (rule === 'never') {
        const problem = { code: refusal(end.code), detail: end.reason || 'The server refused the connection.' };
        this.#whenLive.reject(new ChatProblem(problem));
        this.#setState('refused', problem);
        return;
      }
      if (rule === 'atOnce' && (this.#liveAt === 0 || Date.now() - this.#liveAt < SHORT_LIFE)) {
        rule = 'backoff';
      }
      this.#setState('waiting', this.#isOtherVersion ? OTHER_VERSION : this.#noServer);
      const delay = Math.max(this.#backoff.next(rule), this.#askedWait);
      this.#askedWait = 0;
      await this.#sleep(delay);
    }
  }

  async #connectOnce(): Promise<LinkEnd> {
    this.#isOtherVersion = false;
    this.#noServer = undefined;
    const end = await this.#runLink();
    this.link = undefined;
    if (this.#liveAt !== 0) {
      this.#backoff.reset();
    }
    this.#events.detached();
    // A browser does not say why a WebSocket did not open. A server that answers otherwise says that something on the way does not let it through.
    this.#notOpened = end.opened ? 0 : this.#notOpened + ((await this.#answers()) ? 1 : 0);
    return end;
  }

  async #runLink(): Promise<LinkEnd> {
    const { transport = 'auto', webSocket, url, discover = true } = this.#options;
    if (transport === 'longPoll' || !webSocket || (transport === 'auto' && this.#notOpened >= NOT_OPENED_LIMIT)) {
      this.#notOpened = 0;
      const lifetime = transport === 'longPoll' || !webSocket ? Infinity : POLL_BEFORE_NEXT_TRY;
      this.link = new LongPollLink(this.#api, this.#replica, this.#handler, lifetime);
      return await this.link.run();
    }
    const servers = discover ? await findServers(this.#api, url) : [url];
    if (!Array.isArray(servers)) {
      this.#noServer = servers;
      this.askedToWait(servers.retryAfterMs);
      return { opened: true };
    }
    let end: LinkEnd = { opened: false };
    for (const server of servers) {
      if (this.#closed) {
        break;
      }
      this.link = this.#newSocket(webSocket, server);
      end = await this.link.run();
      if (end.opened) {
        break;
      }
    }
    return end;
  }

  #newSocket(webSocket: SocketConstructor, server: string): Link {
    const { token, actAs } = this.#options;
    const address = new URL('/api/v1/ws', server);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    return new WebSocketLink(new webSocket(address.href), { token, actAs }, this.#replica, this.#handler);
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#api.server();
      return true;
    } catch (failed) {
      // Not for good: a proxy whose server is just being replaced answers so too.
      this.#isOtherVersion = failed instanceof ChatProblem && failed.problem.status === 404;
      return failed instanceof ChatProblem && !failed.problem.retryable && !this.#isOtherVersion;
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #setState(state: ConnectionState, problem?: Problem): void {
    if (this.state !== state && !(this.#closed && state !== 'closed')) {
      this.state = state;
      this.problem = state === 'connecting' ? this.problem : problem;
      this.#events.stateChanged(state, problem);
    }
  }
}
