import type { Replica } from '../replica.ts';
import type { ConversationState, OwnState, PendingSend, ServerFrame, Watch } from '../types.ts';
import type { Link, LinkEnd, LinkHandler } from './link.ts';

/** As much of a WebSocket as is used: the browser's, or that of the package `ws`. */
export interface SocketLike {
  readyState: number;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}
export type SocketConstructor = new (url: string) => SocketLike;

const OPEN = 1;
const OPEN_TIMEOUT = 20_000;
const TICK = 1000;

/** One WebSocket connection: hello, sync, live, heartbeats. Frames are handled one after another, also when one has to read history first. */
export class WebSocketLink implements Link {
  readonly #socket: SocketLike;
  readonly #hello: { token?: string; actAs?: string };
  readonly #replica: Replica;
  readonly #handler: LinkHandler;
  readonly #mending = new AbortController();
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  #end!: (end: LinkEnd) => void;
  #opened = false;
  #ended = false;
  #heartbeat = 10_000;
  #receivedAt = Date.now();
  #beatAt = Date.now();
  #unanswered = 0;
  #cursor: string | undefined;
  #cursorAt = 0;

  constructor(socket: SocketLike, hello: { token?: string; actAs?: string }, replica: Replica, handler: LinkHandler) {
    this.#socket = socket;
    this.#hello = hello;
    this.#replica = replica;
    this.#handler = handler;
  }

  run(): Promise<LinkEnd> {
    const opening = setTimeout(() => this.abort(), OPEN_TIMEOUT);
    const ticking = setInterval(() => this.#tick(), TICK);
    return new Promise<LinkEnd>(resolve => {
      this.#end = end => {
        if (!this.#ended) {
          this.#ended = true;
          clearTimeout(opening);
          clearInterval(ticking);
          // What the server had sent before the end still counts.
          void this.#queue.then(() => resolve(end));
        }
      };
      this.#socket.onopen = () => {
        this.#opened = true;
        clearTimeout(opening);
        this.#receivedAt = this.#beatAt = Date.now();
        this.#write({ type: 'hello', ...this.#hello, cursor: this.#replica.cursor });
      };
      this.#socket.onmessage = event => this.#receive(String(event.data));
      this.#socket.onclose = event => this.#end({ code: event?.code === 1006 ? undefined : event?.code, reason: event?.reason, opened: this.#opened });
      this.#socket.onerror = () => undefined;
    });
  }

  send(send: PendingSend, frameId: number): void {
    const { conversationId, clientMessageId, text, replyTo, target, emoji, remove } = send;
    this.#write({ type: send.action, id: frameId, conversationId, clientMessageId, seq: target, text, replyTo, emoji, remove: remove || undefined });
  }

  mark(conversationId: string, read: number, frameId: number): void {
    this.#write({ type: 'mark', id: frameId, conversationId, read });
  }

  typing(conversationId: string): void {
    this.#write({ type: 'typing', conversationId });
  }

  watch(watch: Watch, frameId: number): void {
    this.#write({ type: 'watch', id: frameId, ...watch });
  }

  active(): void {
    this.#beat(true);
  }

  /** Does not wait for the other end, which may be gone. */
  abort(): void {
    this.#mending.abort();
    try {
      this.#socket.close(1000);
    } catch {
      // It was not open yet.
    }
    this.#end?.({ opened: this.#opened });
  }

  #receive(data: string): void {
    if (this.#ended) {
      return;
    }
    this.#receivedAt = Date.now();
    this.#unanswered = 0;
    this.#waiting++;
    this.#queue = this.#queue.then(async () => {
      try {
        await this.#handle(JSON.parse(data) as ServerFrame);
      } catch {
        // A hole that could not be mended, or a frame that is none: the next connection begins from the cursor.
        this.abort();
      } finally {
        this.#waiting--;
      }
    });
  }

  async #handle(frame: ServerFrame): Promise<void> {
    if (this.#mending.signal.aborted) {
      return;
    }
    const { conversationId } = frame;
    switch (frame.type) {
      case 'hello':
        this.#replica.me = frame.userId ?? this.#replica.me;
        this.#heartbeat = Math.min(300, Math.max(1, frame.heartbeatSeconds ?? 10)) * 1000;
        break;
      case 'sync':
        return await this.#replica.applyPage({ reset: frame.reset, conversations: frame.conversations ?? [], versions: frame.versions, cursor: frame.cursor!, more: frame.more }, this.#mending.signal);
      case 'live': return this.#handler.onLive();
      case 'entry': return await this.#replica.applyEntry(frame.entry!, this.#mending.signal);
      case 'ack':
        return this.#handler.onAck(frame.id ?? 0, { conversationId: conversationId!, seq: frame.seq!, at: frame.at!, duplicate: frame.duplicate });
      case 'ok': return this.#handler.onOk(frame.id ?? 0);
      case 'cursor':
        this.#replica.keepCursor(frame.cursor!);
        this.#cursor = frame.cursor;
        return this.#acknowledge();
      case 'marks': return this.#replica.applyMarks(conversationId!, frame.marks ?? []);
      case 'me': return this.#replica.applyMe(conversationId!, frame.state as OwnState);
      case 'conversation': return this.#replica.applyState(frame.state as ConversationState);
      case 'typing': return this.#replica.typing(conversationId!, frame.userId!, frame.expiresAt);
      case 'versions': return this.#replica.versions(frame.versions ?? {});
      case 'presence': return this.#replica.presence(frame.users ?? [], frame.groups ?? []);
      case 'call': return this.#replica.call(frame.call!);
      case 'callSignal': return this.#replica.callSignal(frame.callId!, frame.legId!, { number: frame.number!, signal: frame.signal! });
      case 'room': return this.#replica.room(frame.room!);
      case 'roomSignal':
        return this.#replica.roomSignal(conversationId!, frame.legId!, { number: frame.number!, epoch: frame.epoch!, from: frame.from, signal: frame.signal! });
      case 'problem':
        if (frame.problem?.code === 'invalid_cursor' && frame.id === undefined) {
          this.#replica.forgetCursor();
          this.abort();
        }
        return this.#handler.onProblem(frame.id, frame.problem!);
    }
  }

  #tick(): void {
    if (!this.#opened) {
      return;
    }
    const now = Date.now();
    // Half open: the other end is gone without a word. Counted in unanswered heartbeats too: the timers of a hidden tab are slow.
    if (this.#waiting === 0 && this.#unanswered >= 2 && now - this.#receivedAt > this.#heartbeat * 2.5) {
      this.abort();
      return;
    }
    if (now - this.#beatAt >= this.#heartbeat - TICK / 2) {
      this.#beat(this.#handler.wasActive());
    }
    this.#acknowledge();
    this.#handler.onTick();
  }

  #beat(active: boolean): void {
    this.#beatAt = Date.now();
    this.#unanswered++;
    this.#write({ type: 'heartbeat', active: active || undefined });
  }

  /** Says that everything up to the cursor is here, at most once a second. */
  #acknowledge(): void {
    if (this.#cursor !== undefined && Date.now() - this.#cursorAt >= TICK) {
      this.#write({ type: 'cursor', cursor: this.#cursor });
      this.#cursor = undefined;
      this.#cursorAt = Date.now();
    }
  }

  #write(frame: object): void {
    if (this.#socket.readyState === OPEN) {
      this.#socket.send(JSON.stringify(frame));
    }
  }
}
