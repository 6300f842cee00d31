import type { ConversationState, ConversationSync, Entry, HistoryPage, Marks, OwnState, SeqRange } from '../types.ts';
import { replaced, withMarks, withMembers, withSent, withSettings } from './stateChange.ts';
import { Timeline } from './timeline.ts';

/**
 * applied: it was the next one. duplicate: it had been applied. hole: visible entries before it are missing, nothing was applied.
 * stale: it lies outside the ranges that one may see as far as they are known; read the conversation first, nothing was applied.
 */
export type FoldOutcome = 'applied' | 'duplicate' | 'hole' | 'stale';

/**
 * Folds the entries of one conversation into its state by the rules of section 7 of the protocol: no input or output, no clock.
 * Whatever the transport and whatever was lost, doubled or reordered on the way, the same log folds to the same state.
 */
export class ConversationFold {
  state: ConversationState = { id: '', kind: 'group', head: 0, stateSeq: 0, memberCount: 0, me: { role: 'none', delivered: 0, read: 0, unread: 0, version: -1 } };
  /** Everything that one may see up to this seq is applied, but for `gaps`. */
  have = 0;
  /** Runs below `have` that a sync left out, or that one may see only since they were passed by. */
  gaps: SeqRange[] = [];
  hasState = false;
  readonly me: string;
  readonly #timeline: Timeline;
  #countedTo = 0;

  constructor(me: string, keepEntries: number) {
    this.me = me;
    this.#timeline = new Timeline(keepEntries);
  }

  get timeline(): readonly Entry[] {
    return this.#timeline.entries;
  }

  /** Goes on from what an earlier run of the program kept. */
  restore(state: ConversationState, have: number, timeline: readonly Entry[], gaps: readonly SeqRange[]): void {
    Object.assign(this, { state, have, gaps: [...gaps], hasState: true });
    this.#countedTo = have;
    timeline.forEach(entry => this.#timeline.put(entry));
  }

  /** A state of the conversation from a sync page or a conversation frame: rule 5. */
  applyState(state: ConversationState): void {
    const own = state.me;
    this.state = this.hasState ? replaced(this.state, state) : { ...state, me: this.state.me };
    this.hasState = true;
    if (own.version > this.state.me.version || (own.version === this.state.me.version && state.head >= this.#countedTo)) {
      this.#own(own);
      this.#countedTo = Math.max(this.#countedTo, state.head);
    }
    this.#endIfFormer();
  }

  /** One's own side from a me frame. */
  applyMe(own: OwnState): void {
    if (own.version < this.state.me.version) {
      return;
    }
    // The frame does not say which head its count belongs to; what is here does, when it reaches back to the read mark.
    const unread = own.read >= this.have ? 0 : this.#timeline.unreadAfter(own.read, this.me) ?? own.unread;
    this.#own({ ...own, unread });
    this.#countedTo = this.have;
    this.#endIfFormer();
  }

  applyMarks(marks: readonly Marks[]): void {
    this.state = { ...this.state, members: withMarks(this.state.members, marks) };
  }

  /** One entry as it came live: rules 1 to 4, and 7. */
  apply(entry: Entry): FoldOutcome {
    return entry.seq > this.have && !this.isAnyVisible(entry.seq, entry.seq) ? 'stale' : this.#applyNext(entry);
  }

  #applyNext(entry: Entry): FoldOutcome {
    if (entry.seq <= this.have) {
      return 'duplicate';
    }
    if (this.isAnyVisible(this.have + 1, entry.seq - 1)) {
      return 'hole';
    }
    this.#take(entry);
    return 'applied';
  }

  /**
   * A conversation of a sync page: its state, its stated gap, then its entries. Stops at a hole, which something lost before this page
   * has left; history after `have` then gives the rest of the page too.
   */
  applyPage(page: ConversationSync, applied?: (entry: Entry) => void): FoldOutcome {
    this.applyState(page.state);
    const { gap } = page;
    if (gap?.to !== undefined && gap.to > this.have) {
      if (this.isAnyVisible(this.have + 1, gap.from - 1)) {
        return 'hole';
      }
      this.gaps.push({ from: Math.max(gap.from, this.have + 1), to: gap.to });
      this.have = gap.to;
    }
    let outcome: FoldOutcome = 'duplicate';
    for (const entry of page.entries) {
      const one = this.#applyNext(entry);
      if (one === 'hole') {
        return 'hole';
      }
      if (one === 'applied') {
        outcome = 'applied';
        applied?.(entry);
      }
    }
    return outcome;
  }

  /** A page of history after `have`, to mend a hole below `wanted`; what it does not hold is not there for this reader. True when it is mended. */
  applyHistory(page: HistoryPage, wanted: number, applied?: (entry: Entry) => void): boolean {
    if (page.ranges) {
      this.#own({ ...this.state.me, ranges: page.ranges });
    }
    for (const entry of page.entries) {
      if (entry.seq > this.have) {
        this.#take(entry);
        applied?.(entry);
      }
    }
    if (!page.more) {
      this.have = Math.max(this.have, wanted);
    }
    return this.have >= wanted;
  }

  /**
   * A page of older history, for show: goes into the timeline and closes what it covers of the gaps. Read with `before`, it covers
   * everything up to there, also where nothing may be seen.
   */
  applyOlder(page: HistoryPage, before?: number): void {
    for (const entry of page.entries) {
      if (entry.seq <= this.have && entry.target === undefined) {
        this.#timeline.put(entry);
      }
    }
    const first = before !== undefined && !page.more ? 1 : page.entries[0]?.seq;
    const last = before !== undefined ? before - 1 : page.entries.at(-1)?.seq;
    if (first !== undefined && last !== undefined) {
      this.gaps = this.gaps.flatMap(gap => without(gap, first, last));
    }
  }

  /** True when one may see any seq from `first` to `last`. */
  isAnyVisible(first: number, last: number): boolean {
    const { ranges } = this.state.me;
    return first <= last && (!ranges || ranges.some(range => range.from <= last && (range.to ?? Infinity) >= first));
  }

  #take(entry: Entry): void {
    this.have = entry.seq;
    this.state = { ...this.state, head: Math.max(this.state.head, entry.seq) };
    switch (entry.kind) {
      case 'edited': case 'deleted': case 'reaction': case 'pinned':
        this.#timeline.change(entry);
        return;
      case 'message':
        this.state = withSent(this.state, entry);
        this.#count(entry);
        break;
      case 'members':
        this.state = entry.seq > this.state.stateSeq ? withMembers(this.state, entry, this.me) : this.state;
        break;
      case 'settings':
        this.state = entry.seq > this.state.stateSeq ? withSettings(this.state, entry) : this.state;
        break;
    }
    this.#timeline.put(entry);
  }

  #count(entry: Entry): void {
    if (entry.seq <= this.#countedTo) {
      return;
    }
    this.#countedTo = entry.seq;
    const { me } = this.state;
    this.state = {
      ...this.state,
      me: entry.senderId === this.me
        ? { ...me, unread: 0, read: Math.max(me.read, entry.seq), delivered: Math.max(me.delivered, entry.seq) }
        : { ...me, unread: me.unread + 1 },
    };
  }

  /** Takes over one's own side. What was passed by because one might not see it, and now may, has never come: a gap (rule 7). */
  #own(own: OwnState): void {
    const known = this.state.me.ranges;
    if (known && own.ranges && cameInAgain(known, own.ranges)) {
      // What was changed while the reader was out is told by no entry: all that is here is read again when it is wanted.
      this.#timeline.clear();
      this.gaps = own.ranges.filter(range => range.from <= this.have).map(range => ({ from: range.from, to: Math.min(range.to ?? Infinity, this.have) }));
    } else if (known && own.ranges) {
      const passed = own.ranges.map(range => ({ from: range.from, to: Math.min(range.to ?? Infinity, this.have) })).filter(range => range.from <= range.to);
      const unseen = passed.flatMap(range => known.reduce((left, seen) => left.flatMap(one => without(one, seen.from, seen.to ?? Infinity)), [range] as SeqRange[]));
      this.gaps.push(...unseen);
    }
    this.state = { ...this.state, me: own.ranges ? own : { ...own, ranges: known } };
  }

  /**
   * What an invitation told goes with it: no entry that a former member sees takes it back, and the state that does has a lower
   * `stateSeq` than the one that came with the invitation (rule 5).
   */
  #endIfFormer(): void {
    const { role, ranges } = this.state.me;
    if (role === 'none' && ranges) {
      const last = ranges.length > 0 ? ranges.at(-1)?.to ?? Infinity : 0;
      this.state = { ...this.state, members: undefined, memberCount: 0, stateSeq: Math.min(this.state.stateSeq, last) };
    }
  }
}

/** One is in, but by another coming in than the known one. */
function cameInAgain(known: readonly SeqRange[], ranges: readonly SeqRange[]): boolean {
  const [before, now] = [known.at(-1), ranges.at(-1)];
  return before !== undefined && now !== undefined && now.to === undefined
    && (before.to !== undefined || before.from !== now.from || known.length !== ranges.length);
}

function without(gap: SeqRange, first: number, last: number): SeqRange[] {
  const to = gap.to ?? Infinity;
  if (gap.from > last || to < first) {
    return [gap];
  }
  return [...(gap.from < first ? [{ from: gap.from, to: first - 1 }] : []), ...(to > last ? [{ from: last + 1, to }] : [])];
}
