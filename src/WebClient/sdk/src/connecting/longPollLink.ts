import type { ChatApi } from '../api.ts';
import { ChatProblem } from '../problem.ts';
import type { Replica } from '../replica.ts';
import type { PendingSend, SyncPage, Watch } from '../types.ts';
import type { Link, LinkEnd, LinkHandler } from './link.ts';

const WAIT_SECONDS = 25;
const ASK_EVERY = 10_000;
/** How late a call rings at most, where nothing tells of it. */
const CALLS_EVERY = 3_000;
const MOST_WATCHED = 200;

/** Long polling for what comes, one POST after another for what goes, so that order holds. */
export class LongPollLink implements Link {
  readonly #api: ChatApi;
  readonly #replica: Replica;
  readonly #handler: LinkHandler;
  readonly #ended = new AbortController();
  readonly #until: number;
  #posts: Promise<void> = Promise.resolve();
  #watched: string[] = [];
  #askedAt = 0;
  #callsAt = 0;
  #drafts?: number;

  /** Ends after `lifetime` milliseconds, so that a WebSocket is tried again. */
  constructor(api: ChatApi, replica: Replica, handler: LinkHandler, lifetime: number) {
    this.#api = api;
    this.#replica = replica;
    this.#handler = handler;
    this.#until = Date.now() + lifetime;
  }

  async run(): Promise<LinkEnd> {
    const ticking = setInterval(() => {
      this.#handler.onTick();
      this.#askPresence();
      this.#askCalls();
    }, 1000);
    try {
      this.#replica.me ||= (await this.#api.me(this.#ended.signal)).user.id;
      let isLive = false;
      while (Date.now() < this.#until) {
        const page = await this.#sync(isLive);
        await this.#replica.applyPage(page, this.#ended.signal);
        this.#drafts = page.versions ? page.versions.drafts ?? 0 : this.#drafts;
        if (!page.more && !isLive) {
          isLive = true;
          this.#handler.onLive();
        }
      }
      return { code: 4008, opened: true };
    } catch (failed) {
      if (failed instanceof ChatProblem) {
        this.#handler.onProblem(undefined, failed.problem);
        return { code: failed.problem.code === 'unauthorized' ? 4100 : undefined, reason: failed.message, opened: true };
      }
      return { opened: true };
    } finally {
      clearInterval(ticking);
      this.#ended.abort();
    }
  }

  send(send: PendingSend, frameId: number): void {
    this.#post(frameId, async () => this.#handler.onAck(frameId, await this.#api.sendPending(send, this.#ended.signal)));
  }

  /** Who polls asks for those on the screen now and then; whose contacts they are only the server knows. */
  watch(watch: Watch): void {
    this.#watched = [...new Set(watch.userIds ?? [])].slice(0, MOST_WATCHED);
    this.#askedAt = 0;
  }

  /** A poll says that the device is there; that its user is says only what they do. */
  active(): void {}

  #askPresence(): void {
    if (this.#watched.length > 0 && Date.now() - this.#askedAt >= ASK_EVERY) {
      this.#askedAt = Date.now();
      this.#api.presence(this.#watched, this.#ended.signal).then(users => this.#replica.presence(users, []), () => undefined);
    }
  }

  #askCalls(): void {
    if (this.#replica.me && Date.now() - this.#callsAt >= CALLS_EVERY) {
      this.#callsAt = Date.now();
      this.#api.calls(this.#ended.signal).then(calls => calls.forEach(call => this.#replica.call(call)), () => undefined);
      this.#api.rooms(this.#ended.signal).then(rooms => this.#replica.rooms(rooms), () => undefined);
    }
  }

  mark(conversationId: string, read: number, frameId: number): void {
    this.#post(frameId, async () => {
      this.#replica.applyMe(conversationId, await this.#api.mark(conversationId, { read }, this.#ended.signal));
      this.#handler.onOk(frameId);
    });
  }

  typing(conversationId: string): void {
    this.#api.typing(conversationId).catch(() => undefined);
  }

  abort(): void {
    this.#ended.abort();
  }

  #post(frameId: number, request: () => Promise<void>): void {
    this.#posts = this.#posts.then(async () => {
      if (this.#ended.signal.aborted) {
        return;
      }
      try {
        await request();
      } catch (failed) {
        this.#handler.onProblem(frameId, failed instanceof ChatProblem ? failed.problem : { code: 'unavailable', retryable: true });
      }
    });
  }

  async #sync(isLive: boolean): Promise<SyncPage> {
    try {
      return await this.#api.sync(this.#replica.cursor, isLive ? WAIT_SECONDS : 0, this.#ended.signal, this.#drafts);
    } catch (failed) {
      if (failed instanceof ChatProblem && failed.problem.code === 'invalid_cursor' && this.#replica.cursor !== undefined) {
        this.#replica.forgetCursor();
        return await this.#api.sync(undefined, 0, this.#ended.signal);
      }
      throw failed;
    }
  }
}
