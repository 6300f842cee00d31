import { ChatApi } from './api.ts';
import type { LinkHandler } from './connecting/link.ts';
import { Runner } from './connecting/runner.ts';
import type { SocketConstructor } from './connecting/webSocketLink.ts';
import { readEntries } from './entries.ts';
import { EventHub, type ConnectionState, type Listener } from './events.ts';
import type { ConversationFold } from './folding/conversationFold.ts';
import { newId } from './ids.ts';
import { Replica } from './replica.ts';
import { Marker } from './sending/marker.ts';
import { Outbox } from './sending/outbox.ts';
import { noStore, type OutboxStore } from './store.ts';
import type { ConversationState, Entry, HistoryPage, PendingSend, Problem, Stored, Watch } from './types.ts';

export interface ChatClientOptions {
  /** The server, for example `http://127.0.0.1:5080`. */
  url: string;
  /** A session token, or an application key together with `actAs`. */
  token: string;
  actAs?: string;
  /** Where unconfirmed requests are kept between runs. Default: nowhere. */
  store?: OutboxStore;
  /** auto: WebSocket, long polling where it cannot be opened. */
  transport?: 'auto' | 'webSocket' | 'longPoll';
  /** Whether to ask the server before each WebSocket where to open it, and to try its alternatives. Default true. */
  discover?: boolean;
  /** The WebSocket to use. Default: the global one; node before 22 has none, give it that of the package `ws`. */
  webSocket?: SocketConstructor;
  /** Entries that the timeline of a conversation keeps; 0 for programs that only handle what comes. Default 200. */
  keepEntries?: number;
  /** What a sync leaves out is read from history up to so many entries; more become a gap. Default 1000. */
  maxGapFill?: number;
  /** Requests sent without waiting for their ack. Default 16. */
  inFlight?: number;
}

/** Without a touch for so long, the next one is told at once. */
const BACK_AFTER = 20_000;
const WATCH_AGAIN = 2_000;

/**
 * One device of one user: stays connected, catches up, sends again what was not confirmed, and folds what comes into conversations.
 */
export class ChatClient implements LinkHandler {
  readonly api: ChatApi;
  readonly #events = new EventHub();
  readonly #store: OutboxStore;
  readonly #outbox: Outbox;
  readonly #marker = new Marker();
  readonly #replica: Replica;
  readonly #runner: Runner;
  #frameId = 0;
  #watch: Watch | undefined;
  #watchId = 0;
  #activeAt = 0;
  #toldActiveAt = 0;

  constructor(options: ChatClientOptions) {
    const { token, actAs } = options;
    this.api = new ChatApi(options.url, { token, actAs });
    this.#store = options.store ?? noStore;
    this.#outbox = new Outbox(options.inFlight ?? 16);
    this.#replica = new Replica(
      { keepEntries: options.keepEntries ?? 200, maxGapFill: options.maxGapFill ?? 1000 }, this.api, this.#events, entry => this.#outbox.seen(entry));
    this.#replica.me = actAs ?? '';
    const socket = options.webSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
    this.#runner = new Runner({ ...options, webSocket: socket }, this.api, this.#replica, this, {
      stateChanged: (state, problem) => this.#stateChanged(state, problem),
      detached: () => {
        this.#outbox.lost();
        this.#marker.lost();
      },
    });
    for (const send of this.#store.load()) {
      this.#settle(send).catch(() => undefined);
    }
  }

  get userId(): string {
    return this.#replica.me;
  }

  get state(): ConnectionState {
    return this.#runner.state;
  }

  /** Why there is no connection, where that is known. */
  get problem(): Problem | undefined {
    return this.#runner.problem;
  }

  /** Every conversation with its folded state. */
  get conversations(): ConversationFold[] {
    return [...this.#replica.folds.values()].filter(fold => fold.hasState);
  }

  /** Requests that the server has not confirmed. */
  get pending(): PendingSend[] {
    return this.#outbox.sends;
  }

  find(conversationId: string): ConversationFold | undefined {
    const fold = this.#replica.folds.get(conversationId);
    return fold?.hasState ? fold : undefined;
  }

  /** Is told every event in order. Returns what ends it. */
  on(listener: Listener): () => void {
    return this.#events.on(listener);
  }

  /** Connects and catches up; settles once entries come as they happen, or the server refuses. From then on it comes back by itself. */
  connect(): Promise<void> {
    return this.#runner.start();
  }

  /** Settles when the server has the message on disk, however often the connection breaks meanwhile. It is in the outbox at once. */
  send(conversationId: string, text: string, replyTo?: number): Promise<Stored> {
    return this.submit({ clientMessageId: newId(), at: new Date().toISOString(), conversationId, action: 'send', text, replyTo });
  }

  edit(conversationId: string, target: number, text: string): Promise<Stored> {
    return this.submit({ clientMessageId: newId(), at: new Date().toISOString(), conversationId, action: 'edit', target, text });
  }

  delete(conversationId: string, target: number): Promise<Stored> {
    return this.submit({ clientMessageId: newId(), at: new Date().toISOString(), conversationId, action: 'delete', target });
  }

  react(conversationId: string, target: number, emoji: string, remove = false): Promise<Stored> {
    return this.submit({ clientMessageId: newId(), at: new Date().toISOString(), conversationId, action: 'react', target, emoji, remove });
  }

  /** Sends a request that was made elsewhere; its id makes it safe to repeat. */
  submit(send: PendingSend): Promise<Stored> {
    this.#store.add(send);
    const done = this.#settle(send);
    this.#events.emit({ type: 'pending', send });
    this.#pump();
    return done;
  }

  /** Says that the user has read everything up to a seq. Sent again until the server has it. */
  markRead(conversationId: string, seq: number): void {
    if (this.#marker.want(conversationId, seq)) {
      this.#pump();
    }
  }

  /** Says that the user is typing; at most every three seconds goes out, and nothing while there is no connection. */
  typing(conversationId: string): void {
    if (this.state === 'live' && this.#marker.mayType(conversationId, Date.now())) {
      this.#runner.link?.typing(conversationId);
    }
  }

  /** Says whose presence is wanted from now on, also after each reconnect; it comes as events. The server takes five changes in ten seconds. */
  watch(watch: Watch): void {
    this.#watch = watch;
    this.#sendWatch();
  }

  /** Says that the user is at the device: goes out with the next heartbeat, and at once after some time without. */
  active(): void {
    const now = Date.now();
    const wasAway = now - this.#activeAt > BACK_AFTER;
    this.#activeAt = now;
    if (wasAway && this.state === 'live') {
      this.#toldActiveAt = now;
      this.#runner.link?.active();
    }
  }

  wasActive(): boolean {
    const was = this.#activeAt > this.#toldActiveAt;
    this.#toldActiveAt = Date.now();
    return was;
  }

  /** Reads older entries; they go into the folded state too, as far as it keeps entries. */
  async history(conversationId: string, range: { before?: number; after?: number; limit?: number }): Promise<HistoryPage> {
    const page = await this.api.history(conversationId, range);
    this.#replica.applyOlder(conversationId, page, range.before);
    return page;
  }

  /** Entries from this call on, in seq order within each conversation, each once, across all reconnects. Ends when the client is closed. */
  entries(): AsyncGenerator<Entry> {
    return readEntries(this);
  }

  /** Takes in a conversation that a request has answered with; its entries come by themselves. */
  adopt(state: ConversationState): void {
    this.#replica.applyState(state);
  }

  /** Tries at once: for when the network is known to be back. */
  wake(): void {
    this.#runner.wake();
  }

  /** Breaks the connection and comes back: for when the network is known to have changed. */
  reconnect(): void {
    this.#runner.link?.abort();
  }

  /** Closes the connection. What was not confirmed stays in the store. */
  close(): void {
    this.#runner.close();
    this.#outbox.abandon(new Error('The client was closed.'));
  }

  onLive(): void {
    this.#runner.live();
    this.#sendWatch();
    this.#pump();
  }

  onAck(frameId: number, stored: Stored): void {
    this.#outbox.acked(frameId, stored);
    this.#events.emit({ type: 'conversation', conversationId: stored.conversationId });
    this.#pump();
  }

  onOk(frameId: number): void {
    this.#marker.done(frameId);
  }

  onProblem(frameId: number | undefined, problem: Problem): void {
    if (frameId === undefined) {
      this.#runner.askedToWait(problem.retryAfterMs);
      return;
    }
    if (frameId === this.#watchId && problem.retryable) {
      setTimeout(() => this.#sendWatch(), problem.retryAfterMs ?? WATCH_AGAIN);
    }
    this.#marker.done(frameId);
    const send = this.#outbox.refused(frameId, problem, Date.now());
    if (send) {
      this.#events.emit({ type: 'failed', send, problem });
    }
    this.#pump();
  }

  onTick(): void {
    this.#pump();
  }

  #sendWatch(): void {
    if (this.#watch && this.state === 'live') {
      this.#watchId = ++this.#frameId;
      this.#runner.link?.watch(this.#watch, this.#watchId);
    }
  }

  #stateChanged(state: ConnectionState, problem?: Problem): void {
    if (state === 'refused') {
      this.#outbox.abandon(new Error(problem?.detail ?? 'The server refused the connection.'));
    }
    this.#events.emit({ type: 'connection', state, problem });
  }

  async #settle(send: PendingSend): Promise<Stored> {
    try {
      const stored = await this.#outbox.add(send);
      this.#store.remove(send.clientMessageId);
      return stored;
    } catch (failed) {
      if (!this.#outbox.has(send.clientMessageId)) {
        this.#store.remove(send.clientMessageId);
      }
      throw failed;
    }
  }

  /** Sends what waits, one after another: the order in which it was asked for is the order in which the server gets it. */
  #pump(): void {
    const link = this.#runner.link;
    while (link && this.state === 'live') {
      const id = ++this.#frameId;
      const send = this.#outbox.next(id, Date.now());
      if (send) {
        link.send(send, id);
        continue;
      }
      const mark = this.#marker.next(id);
      if (!mark) {
        return;
      }
      link.mark(mark.conversationId, mark.read, id);
    }
  }
}
