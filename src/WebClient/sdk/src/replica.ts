import type { ChatApi } from './api.ts';
import type { EventHub } from './events.ts';
import { ConversationFold } from './folding/conversationFold.ts';
import { ChatProblem } from './problem.ts';
import type { Call, ConversationState, ConversationSync, Entry, GroupPresence, HistoryPage, Marks, NumberedSignal, OwnState, Presence, Room, RoomSignal, SeqRange, SyncPage } from './types.ts';

export interface ReplicaOptions { keepEntries: number; maxGapFill: number }

/**
 * This device's copy: all conversations, and the cursor up to which they are complete. Holes are mended from history before anything
 * after them is shown.
 */
export class Replica {
  me = '';
  cursor: string | undefined;
  readonly folds = new Map<string, ConversationFold>();
  readonly #options: ReplicaOptions;
  readonly #api: ChatApi;
  readonly #events: EventHub;
  readonly #seen: (entry: Entry) => void;

  constructor(options: ReplicaOptions, api: ChatApi, events: EventHub, seen: (entry: Entry) => void) {
    this.#options = options;
    this.#api = api;
    this.#events = events;
    this.#seen = seen;
  }

  keepCursor(cursor: string): void {
    this.cursor = cursor;
  }

  /** The server does not know the cursor: the next sync is one of everything, and what is here already is dropped as double. */
  forgetCursor(): void {
    this.cursor = undefined;
  }

  async applyPage(page: SyncPage, signal: AbortSignal): Promise<void> {
    if (page.reset) {
      this.folds.clear();
      this.#events.emit({ type: 'reset' });
    }
    for (const conversation of page.conversations) {
      await this.#applyConversation(conversation, signal);
    }
    if (page.versions && Object.keys(page.versions).length > 0) {
      this.versions(page.versions);
    }
    this.keepCursor(page.cursor);
  }

  async applyEntry(entry: Entry, signal: AbortSignal): Promise<void> {
    const fold = this.#fold(entry.conversationId);
    const outcome = fold.apply(entry);
    if (outcome === 'applied') {
      this.#show(entry);
    } else if (outcome !== 'duplicate') {
      if (!fold.hasState || outcome === 'stale') {
        this.applyState(await this.#api.conversation(entry.conversationId, signal));
      }
      const [from, to] = [fold.have + 1, entry.seq - 1];
      const gap = to - from + 1 > this.#options.maxGapFill && fold.isAnyVisible(from, to) ? { from, to } : undefined;
      await this.#applyConversation({ state: fold.state, entries: [entry], gap }, signal);
    }
  }

  applyState(state: ConversationState): void {
    const fold = this.#fold(state.id);
    this.#tellGaps(fold, () => fold.applyState(state));
    this.#changed(state.id);
  }

  applyMe(conversationId: string, own: OwnState): void {
    const fold = this.#fold(conversationId);
    this.#tellGaps(fold, () => fold.applyMe(own));
    this.#changed(conversationId);
  }

  applyMarks(conversationId: string, marks: readonly Marks[]): void {
    this.#fold(conversationId).applyMarks(marks);
    this.#events.emit({ type: 'marks', conversationId, marks });
  }

  versions(versions: Record<string, number>): void {
    this.#events.emit({ type: 'versions', versions });
  }

  presence(users: readonly Presence[], groups: readonly GroupPresence[]): void {
    this.#events.emit({ type: 'presence', users, groups });
  }

  call(call: Call): void {
    this.#events.emit({ type: 'call', call });
  }

  room(room: Room): void {
    this.#events.emit({ type: 'room', room });
  }

  /** All rooms that somebody is in: for who is not told of changes. */
  rooms(rooms: readonly Room[]): void {
    this.#events.emit({ type: 'rooms', rooms });
  }

  roomSignal(conversationId: string, legId: string, told: RoomSignal): void {
    this.#events.emit({ type: 'roomSignal', conversationId, legId, told });
  }

  callSignal(callId: string, legId: string, told: NumberedSignal): void {
    this.#events.emit({ type: 'callSignal', callId, legId, told });
  }

  applyOlder(conversationId: string, page: HistoryPage, before?: number): void {
    this.folds.get(conversationId)?.applyOlder(page, before);
    this.#changed(conversationId);
  }

  typing(conversationId: string, userId: string, expiresAt?: string): void {
    // The two clocks may differ: what counts is how long, and never longer than the protocol says.
    const left = expiresAt === undefined ? 6000 : Date.parse(expiresAt) - Date.now();
    this.#events.emit({ type: 'typing', conversationId, userId, expiresAt: Date.now() + (left > 0 && left <= 6000 ? left : 6000) });
  }

  async #applyConversation(page: ConversationSync, signal: AbortSignal): Promise<void> {
    const fold = this.#fold(page.state.id);
    this.#tellGaps(fold, () => fold.applyState(page.state));
    const last = page.gap?.to;
    if (page.gap && last !== undefined && last > fold.have && last - Math.max(page.gap.from - 1, fold.have) <= this.#options.maxGapFill) {
      await this.#mend(fold, last, signal);
    }
    while (true) {
      const outcome = this.#tellGaps(fold, () => fold.applyPage(page, entry => this.#show(entry)));
      if (outcome !== 'hole') {
        break;
      }
      const next = page.gap && page.gap.from > fold.have ? page.gap.from : page.entries.find(entry => entry.seq > fold.have)!.seq;
      await this.#mend(fold, next - 1, signal);
    }
    this.#changed(fold.state.id);
  }

  /** Reads history after what is here until everything up to a seq is here. A failure breaks the connection, and the next sync tries again. */
  async #mend(fold: ConversationFold, wanted: number, signal: AbortSignal): Promise<void> {
    for (let done = false; !done;) {
      let page: HistoryPage;
      try {
        page = await this.#api.history(fold.state.id, { after: fold.have, limit: 200, signal });
      } catch (failed) {
        if (!(failed instanceof ChatProblem) || failed.problem.retryable || failed.problem.code === 'unauthorized') {
          throw failed;
        }
        page = { entries: [], more: false };
      }
      const before = fold.have;
      done = this.#tellGaps(fold, () => fold.applyHistory(page, wanted, entry => this.#show(entry)));
      if (!done && fold.have === before) {
        throw new Error('History says that there is more but gives nothing.');
      }
    }
  }

  /** Changes a conversation, and tells of the gaps that this leaves. */
  #tellGaps<T>(fold: ConversationFold, change: () => T): T {
    const before: readonly SeqRange[] = [...fold.gaps];
    const result = change();
    fold.gaps.filter(gap => !before.includes(gap)).forEach(gap => this.#events.emit({ type: 'gap', conversationId: fold.state.id, gap }));
    return result;
  }

  #fold(id: string): ConversationFold {
    let fold = this.folds.get(id);
    if (!fold) {
      this.folds.set(id, (fold = new ConversationFold(this.me, this.#options.keepEntries)));
    }
    return fold;
  }

  #show(entry: Entry): void {
    this.#seen(entry);
    this.#events.emit({ type: 'entry', entry });
  }

  #changed(conversationId: string): void {
    this.#events.emit({ type: 'conversation', conversationId });
  }
}
