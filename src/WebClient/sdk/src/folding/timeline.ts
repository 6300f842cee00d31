import type { Entry, Reaction } from '../types.ts';

/** The newest messages of a conversation in present state, and the entries that are shown between them, by seq. */
export class Timeline {
  entries: readonly Entry[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  clear(): void {
    this.entries = [];
  }

  /** Puts an entry in its place; of two copies of a message the one with the later change stays. */
  put(entry: Entry): void {
    if (this.#limit === 0) {
      return;
    }
    const { index, found } = this.#find(entry.seq);
    const entries = this.entries.slice();
    if (found) {
      if ((entry.changed ?? 0) <= (entries[index]!.changed ?? 0)) {
        return;
      }
      entries[index] = entry;
    } else {
      entries.splice(index, 0, entry);
      if (entries.length > this.#limit) {
        entries.shift();
      }
    }
    this.entries = entries;
  }

  /** Applies an entry about a message to it, if it is here and does not include that change already. */
  change(entry: Entry): void {
    const { index, found } = this.#find(entry.target ?? 0);
    const message = this.entries[index];
    if (!found || !message || message.kind !== 'message' || entry.seq <= (message.changed ?? 0)) {
      return;
    }
    const entries = this.entries.slice();
    entries[index] = changed(message, entry);
    this.entries = entries;
  }

  /** Messages by others above a seq, or undefined when the timeline does not reach back to it. */
  unreadAfter(read: number, me: string): number | undefined {
    const first = this.entries[0];
    if (!first || first.seq > read + 1) {
      return undefined;
    }
    return this.entries.filter(entry => entry.seq > read && entry.kind === 'message' && entry.senderId !== me).length;
  }

  #find(seq: number): { index: number; found: boolean } {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.entries[middle]!.seq < seq) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return { index: low, found: this.entries[low]?.seq === seq };
  }
}

function changed(message: Entry, entry: Entry): Entry {
  switch (entry.kind) {
    case 'edited':
      // Without body the target may not be seen, or is deleted by an entry that is still to come.
      return message.isDeleted
        ? { ...message, changed: entry.seq }
        : { ...message, body: entry.body ?? message.body, editedAt: entry.at, changed: entry.seq };
    case 'deleted': {
      const { body: _, reactions: __, isPinned: ___, ...rest } = message;
      return { ...rest, isDeleted: true, changed: entry.seq };
    }
    case 'reaction': {
      if (!entry.body?.emoji) {
        return message;
      }
      const { reactions, ...rest } = message;
      const after = react(reactions ?? [], entry.body.emoji, entry.senderId, entry.body.removed === true);
      return { ...rest, ...(after.length > 0 ? { reactions: after } : {}), changed: entry.seq };
    }
    case 'pinned': {
      if (!entry.body) {
        return message;
      }
      const { isPinned: _, ...rest } = message;
      return { ...rest, ...(entry.body.pinned ? { isPinned: true } : {}), changed: entry.seq };
    }
    default:
      return message;
  }
}

/** One who is there already keeps the place; an emoji that nobody has left goes. */
export function react(groups: readonly Reaction[], emoji: string, user: string, remove: boolean): Reaction[] {
  const known = groups.find(group => group.emoji === emoji);
  if (!known) {
    return remove ? [...groups] : [...groups, { emoji, userIds: [user] }];
  }
  const userIds = remove ? known.userIds.filter(id => id !== user) : known.userIds.includes(user) ? known.userIds : [...known.userIds, user];
  return groups.map(group => (group === known ? { emoji, userIds } : group)).filter(group => group.userIds.length > 0);
}
