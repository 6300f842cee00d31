import { newId, type ChatApi, type Draft } from '../../sdk/src/index.ts';
import type { Notifier } from './notifier.ts';
import { keep } from './storage.ts';

const PUT_AFTER = 2000;
/** The server takes no more; what is longer stays on this device. */
const LONGEST = 10_000;

/**
 * What was begun in each conversation, the same on all of one's devices. A draft names the message that it becomes: whoever sees that message
 * takes the draft away.
 */
export class Drafts {
  readonly #api: ChatApi;
  readonly #changes: Notifier;
  readonly #key: string;
  /** The text that the server has, as far as this device knows; kept over visits to tell what was written here since. */
  readonly #synced: Record<string, string>;
  readonly #server = new Map<string, Draft>();
  readonly #sending = new Set<string>();
  readonly #isSent: (draft: Draft) => boolean;
  readonly #ids = new Map<string, string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #version = 0;
  #isRead = false;

  constructor(api: ChatApi, changes: Notifier, me: string, isSent: (draft: Draft) => boolean) {
    this.#isSent = isSent;
    this.#api = api;
    this.#changes = changes;
    this.#key = `mc.synced.${me}`;
    this.#synced = keep.get<Record<string, string>>(this.#key) ?? {};
  }

  /** Reads them again when they have changed. */
  async newer(version: number): Promise<void> {
    if (this.#isRead && version <= this.#version) {
      return;
    }
    const answer = await this.#api.drafts().catch(() => undefined);
    if (answer && (!this.#isRead || answer.version >= this.#version)) {
      this.#version = answer.version;
      this.#isRead = true;
      this.#server.clear();
      answer.drafts.forEach(draft => this.#server.set(draft.conversationId, draft));
      answer.drafts.filter(this.#isSent).forEach(draft => this.sent(draft.clientMessageId!));
      this.#changes.emit();
    }
  }

  /** The text from another device that takes the place of what is here; undefined: what is here stays. */
  adopt(conversationId: string, text: string): string | undefined {
    const draft = this.#server.get(conversationId);
    const theirs = draft && !this.#sending.has(draft.clientMessageId ?? '') ? draft.text : '';
    const synced = this.#synced[conversationId] ?? '';
    if (!this.#isRead || theirs === synced || text !== synced || this.#timers.has(conversationId)) {
      return undefined;
    }
    this.#note(conversationId, theirs);
    theirs && draft?.clientMessageId ? this.#ids.set(conversationId, draft.clientMessageId) : this.#ids.delete(conversationId);
    return theirs;
  }

  /** The user has written; told once the user pauses. */
  typed(conversationId: string, text: string, replyTo?: number): void {
    clearTimeout(this.#timers.get(conversationId));
    this.#timers.set(conversationId, setTimeout(() => void this.#put(conversationId, text, replyTo), PUT_AFTER));
  }

  /** The id under which to send what was written; the next draft has another. */
  take(conversationId: string): string {
    clearTimeout(this.#timers.get(conversationId));
    this.#timers.delete(conversationId);
    const id = this.#id(conversationId);
    this.#ids.delete(conversationId);
    this.#sending.add(id);
    this.#note(conversationId, '');
    return id;
  }

  /** A message of one's own is on the server: the draft that became it is done. */
  sent(clientMessageId: string): void {
    for (const [conversationId, draft] of this.#server) {
      if (draft.clientMessageId === clientMessageId) {
        this.#server.delete(conversationId);
        this.#api.deleteDraft(conversationId, clientMessageId).catch(() => undefined);
        this.#changes.emit();
      }
    }
  }

  async #put(conversationId: string, text: string, replyTo?: number): Promise<void> {
    this.#timers.delete(conversationId);
    if (text.length > LONGEST || text === (this.#synced[conversationId] ?? '')) {
      return;
    }
    const clientMessageId = this.#id(conversationId);
    try {
      if (text) {
        const { version } = await this.#api.putDraft(conversationId, { text, replyTo, clientMessageId });
        this.#server.set(conversationId, { conversationId, text, replyTo, clientMessageId, at: new Date().toISOString() });
        this.#version = Math.max(this.#version, version);
      } else {
        await this.#api.deleteDraft(conversationId);
        this.#server.delete(conversationId);
      }
      this.#note(conversationId, text);
    } catch {
      // Told with what is written next; until then it is on this device.
    }
  }

  #id(conversationId: string): string {
    const id = this.#ids.get(conversationId) ?? newId();
    this.#ids.set(conversationId, id);
    return id;
  }

  #note(conversationId: string, text: string): void {
    if (text) {
      this.#synced[conversationId] = text;
    } else {
      delete this.#synced[conversationId];
    }
    keep.set(this.#key, this.#synced);
  }
}
