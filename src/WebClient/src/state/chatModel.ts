import { ChatClient, ChatProblem, newId, type ChatEvent, type ConversationFold, type PendingSend } from '../../sdk/src/index.ts';
import { CallDesk } from '../calls/callDesk.ts';
import { RoomDesk } from '../calls/roomDesk.ts';
import { PushDevice } from '../push/pushDevice.ts';
import { Drafts } from './drafts.ts';
import { otherId } from './conversations.ts';
import { Notifier } from './notifier.ts';
import { BrowserOutbox, type FailedSend } from './outboxStore.ts';
import { People } from './people.ts';
import { PresenceBoard } from './presence.ts';
import { origin, type SavedSession } from './session.ts';
import { Typing } from './typing.ts';

interface Older { loading: boolean; done: boolean; failed: boolean }
/** What says that somebody is at the device. */
const TOUCHES = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'focus', 'visibilitychange'];
/** What changes together is watched together; the server takes five changes in ten seconds. */
const WATCH_AFTER = 400;
const WATCH_EVERY = 2100;
const MOST_WATCHED = 100;
const NOTHING_OLDER: Older = { loading: false, done: false, failed: false };

/** Everything that the views show of one signed-in user, and everything that they can ask for. */
export class ChatModel {
  readonly client: ChatClient;
  readonly people: People;
  readonly changes = new Notifier();
  readonly typing = new Typing(this.changes);
  readonly presence = new PresenceBoard();
  readonly drafts: Drafts;
  readonly calls: CallDesk;
  readonly rooms: RoomDesk;
  /** This browser, as it is notified while no page is there. */
  readonly push: PushDevice;
  /** The newest versions of the general data that the server has told. */
  readonly dataVersions: Record<string, number> = {};
  readonly me: string;
  failed: FailedSend[];
  /** Said by the live region, and shown for a while. */
  notice: { text: string; isError: boolean; at: number } | undefined;
  announcement = '';
  isOutdated = false;
  openId: string | undefined;
  readonly #outbox: BrowserOutbox;
  readonly #older = new Map<string, Older>();
  readonly #settled = new Map<string, { send: PendingSend; seq: number }>();
  readonly #onSignedOut: () => void;
  #version: string | undefined;
  #watched = '';
  #watchedAt = 0;
  #watching: ReturnType<typeof setTimeout> | undefined;

  constructor(session: SavedSession, onSignedOut: () => void) {
    this.me = session.user.id;
    this.#onSignedOut = onSignedOut;
    this.#outbox = new BrowserOutbox(this.me);
    this.failed = this.#outbox.failed();
    this.client = new ChatClient({ url: origin, token: session.token, store: this.#outbox, keepEntries: 20_000, maxGapFill: 100 });
    this.people = new People(this.client.api, this.changes);
    this.people.put(session.user);
    this.drafts = new Drafts(this.client.api, this.changes, this.me, draft => draft.clientMessageId !== undefined
      && this.client.find(draft.conversationId)?.timeline.some(entry => entry.clientMessageId === draft.clientMessageId) === true);
    this.rooms = new RoomDesk(this.client.api, this.changes, () => this.me, () => this.calls.close());
    this.calls = new CallDesk(this.client.api, this.changes, () => this.me, () => this.rooms.leave());
    this.push = new PushDevice(this.client.api, session, this.changes, () => this.openId);
    this.client.on(event => {
      this.calls.on(event);
      this.rooms.on(event);
      this.#on(event);
    });
  }

  start(): () => void {
    const online = () => this.client.wake();
    const offline = () => this.client.reconnect();
    addEventListener('online', online);
    addEventListener('offline', offline);
    document.addEventListener('visibilitychange', online);
    const touched = () => !document.hidden && this.client.active();
    TOUCHES.forEach(touch => addEventListener(touch, touched, { passive: true, capture: true }));
    this.client.connect().catch(() => undefined);
    const endCalls = this.calls.start();
    const endRooms = this.rooms.start();
    const endPush = this.push.start();
    return () => {
      endPush();
      endRooms();
      endCalls();
      removeEventListener('online', online);
      removeEventListener('offline', offline);
      document.removeEventListener('visibilitychange', online);
      TOUCHES.forEach(touch => removeEventListener(touch, touched, { capture: true }));
      clearTimeout(this.#watching);
      this.client.close();
    };
  }

  /** What is on its way to a conversation: also what is stored already while its entry is still to come. */
  pending(conversationId: string): PendingSend[] {
    const have = this.client.find(conversationId)?.have ?? 0;
    const settled = [...this.#settled.values()].filter(({ send, seq }) => send.conversationId === conversationId && seq > have).map(({ send }) => send);
    return [...settled, ...this.client.pending.filter(send => send.conversationId === conversationId)];
  }

  older(conversationId: string): Older {
    return this.#older.get(conversationId) ?? NOTHING_OLDER;
  }

  submit(send: Omit<PendingSend, 'clientMessageId' | 'at'>, clientMessageId = newId()): void {
    this.#submit({ clientMessageId, at: new Date().toISOString(), ...send });
  }

  /** Asks for the presence of one's contacts, and of whom the open conversation shows. */
  watch(): void {
    clearTimeout(this.#watching);
    this.#watching = setTimeout(() => {
      const open = this.openId ? this.client.find(this.openId) : undefined;
      const isGroup = open?.state.kind === 'group' && open.state.me.role !== 'none' && open.state.me.role !== 'invited';
      // Those of direct conversations are contacts anyway; a client that polls has to name them.
      const userIds = this.client.conversations.filter(fold => fold.state.kind === 'direct').map(otherId).filter(id => id !== undefined).slice(0, MOST_WATCHED);
      const watch = { contacts: true, userIds, conversationIds: isGroup ? [open.state.id] : [] };
      const watched = JSON.stringify([watch, isGroup ? open.state.stateSeq : 0]);
      if (watched !== this.#watched) {
        this.#watched = watched;
        this.#watchedAt = Date.now();
        this.client.watch(watch);
      }
    }, Math.max(WATCH_AFTER, this.#watchedAt + WATCH_EVERY - Date.now()));
  }

  resend(failed: FailedSend): void {
    this.discard(failed);
    this.#submit(failed.send);
  }

  discard(failed: FailedSend): void {
    this.#outbox.removeFailed(failed.send.clientMessageId);
    this.failed = this.failed.filter(other => other !== failed);
    this.changes.emit();
  }

  /** Reads the next older page into the timeline. */
  async loadOlder(fold: ConversationFold, before: number): Promise<void> {
    const { id } = fold.state;
    if (this.older(id).loading || this.older(id).done) {
      return;
    }
    this.#setOlder(id, { loading: true, done: false, failed: false });
    try {
      const page = await this.client.history(id, { before, limit: 60 });
      this.#setOlder(id, { loading: false, done: !page.more, failed: false });
    } catch {
      this.#setOlder(id, { loading: false, done: false, failed: true });
    }
  }

  say(text: string, isError = false): void {
    const at = Date.now();
    this.notice = { text, isError, at };
    this.changes.emit();
    setTimeout(() => {
      if (this.notice?.at === at) {
        this.notice = undefined;
        this.changes.emit();
      }
    }, 8000);
  }

  /** Does what has to be asked of the server; a refusal is shown. */
  async attempt<T>(request: () => Promise<T>): Promise<T | undefined> {
    try {
      return await request();
    } catch (failed) {
      this.say(failed instanceof Error ? failed.message : String(failed), true);
      return undefined;
    }
  }

  #submit(send: PendingSend): void {
    this.client.submit(send).then(
      stored => {
        this.#settled.set(send.clientMessageId, { send, seq: stored.seq });
        this.drafts.sent(send.clientMessageId);
        this.changes.emit();
      },
      // A refusal comes as an event; anything else leaves the request in the store.
      () => undefined,
    );
  }

  #setOlder(id: string, older: Older): void {
    this.#older.set(id, older);
    this.changes.emit();
  }

  #on(event: ChatEvent): void {
    switch (event.type) {
      case 'entry':
        if (event.entry.clientMessageId) {
          this.#settled.delete(event.entry.clientMessageId);
          this.drafts.sent(event.entry.clientMessageId);
        }
        if (event.entry.kind === 'signal' && event.entry.body?.subject) {
          this.#newer({ [event.entry.body.subject]: event.entry.body.version ?? 0 });
        }
        if (event.entry.kind === 'message') {
          this.typing.stopped(event.entry.conversationId, event.entry.senderId);
          if (this.client.state === 'live' && event.entry.conversationId === this.openId && event.entry.senderId !== this.me) {
            this.announcement = `${this.people.name(event.entry.senderId)}: ${event.entry.body?.text?.slice(0, 300) ?? ''}`;
          }
        }
        break;
      case 'typing':
        if (event.userId !== this.me) {
          this.typing.started(event.conversationId, event.userId, event.expiresAt);
        }
        break;
      case 'presence':
        this.presence.put(event.users, event.groups);
        break;
      case 'versions':
        this.#newer(event.versions);
        break;
      case 'conversation':
        this.watch();
        break;
      case 'failed':
        this.#refused({ send: event.send, problem: event.problem });
        break;
      case 'gap':
        // There is something older again, that was all here before.
        this.#older.delete(event.conversationId);
        break;
      case 'reset':
        this.#older.clear();
        break;
      case 'connection':
        if (event.state === 'refused' && event.problem?.code === 'unauthorized') {
          this.#onSignedOut();
        } else if (event.state === 'live') {
          this.presence.connected();
          this.watch();
          void this.#checkVersion();
        }
        break;
    }
    this.changes.emit();
  }

  #newer(versions: Record<string, number>): void {
    for (const [subject, version] of Object.entries(versions)) {
      this.dataVersions[subject] = Math.max(version, this.dataVersions[subject] ?? 0);
    }
    if (versions['drafts'] !== undefined) {
      void this.drafts.newer(versions['drafts']);
    }
  }

  #refused(failed: FailedSend): void {
    if (failed.problem.code === 'id_reused' && failed.send.action === 'send') {
      // The draft that this was has been sent from another device, with another text: this is a message of its own.
      this.#submit({ ...failed.send, clientMessageId: newId() });
      return;
    }
    if (failed.send.action === 'send') {
      this.#outbox.addFailed(failed);
      this.failed = [...this.failed, failed];
    }
    this.say(new ChatProblem(failed.problem).message, true);
  }

  /** A page of one version on a server of another works on: the protocol holds. But the new one is worth a reload. */
  async #checkVersion(): Promise<void> {
    const version = await this.client.api.server().then(server => server.version, () => undefined);
    this.isOutdated ||= version !== undefined && this.#version !== undefined && version !== this.#version;
    this.#version ??= version;
    this.changes.emit();
  }
}
