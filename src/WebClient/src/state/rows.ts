import { react, type ConversationFold, type Entry, type PendingSend } from '../../sdk/src/index.ts';
import type { FailedSend } from './outboxStore.ts';

export type Row =
  | { type: 'day'; key: string; at: string }
  | { type: 'event'; key: string; entry: Entry }
  | { type: 'message'; key: string; entry: Entry; follows: boolean; isSaving: boolean }
  | { type: 'pending'; key: string; send: PendingSend; follows: boolean }
  | { type: 'failed'; key: string; failed: FailedSend };

const TOGETHER = 5 * 60_000;

/** The first seq of what is shown: nothing below the last gap, which is read when one scrolls there. */
export function floor(fold: ConversationFold): number {
  return fold.gaps.reduce((most, gap) => Math.max(most, gap.to ?? 0), 0) + 1;
}

/** The lines of a conversation: its timeline as it will be once what is pending is stored, then what is on its way. */
export function rowsOf(fold: ConversationFold, pending: readonly PendingSend[], failed: readonly FailedSend[], cache: RowCache): Row[] {
  const rows: Row[] = [];
  const from = floor(fold);
  const changes = pending.filter(send => send.action !== 'send');
  let before: { senderId: string; at: number; day: string } | undefined;
  const place = (at: string, senderId: string): boolean => {
    const day = new Date(at).toDateString();
    if (day !== before?.day) {
      rows.push({ type: 'day', key: `day ${day}`, at });
    }
    const follows = before?.day === day && before.senderId === senderId && Date.parse(at) - before.at < TOGETHER;
    before = { senderId, at: Date.parse(at), day };
    return follows;
  };
  const known = new Set<string>();
  // What says how a call ended says that it began.
  const over = new Set(fold.timeline.filter(entry => entry.kind === 'call' && entry.body?.event !== 'started').map(entry => entry.body?.callId));
  for (const stored of fold.timeline) {
    if (stored.seq < from || stored.kind === 'signal' || (stored.kind === 'created' && stored.body?.kind === 'self')) {
      continue;
    }
    if (stored.kind !== 'message' && stored.kind !== 'created' && stored.kind !== 'members' && stored.kind !== 'settings' && stored.kind !== 'call') {
      // Of a newer server.
      continue;
    }
    if (stored.kind === 'call' && stored.body?.event === 'started' && over.has(stored.body.callId)) {
      continue;
    }
    if (stored.kind !== 'message') {
      place(stored.at, '');
      rows.push({ type: 'event', key: `${stored.seq}`, entry: stored });
      continue;
    }
    if (stored.clientMessageId) {
      known.add(stored.clientMessageId);
    }
    const entry = cache.overlaid(stored, changes.filter(send => send.target === stored.seq), fold.me);
    rows.push({ type: 'message', key: stored.clientMessageId ?? `${stored.seq}`, follows: place(stored.at, stored.senderId), entry, isSaving: entry !== stored });
  }
  for (const send of pending) {
    if (send.action === 'send' && !known.has(send.clientMessageId)) {
      rows.push({ type: 'pending', key: send.clientMessageId, follows: place(send.at, fold.me), send });
    }
  }
  for (const one of failed) {
    if (one.send.conversationId === fold.state.id) {
      rows.push({ type: 'failed', key: one.send.clientMessageId, failed: one });
    }
  }
  return rows;
}

/** Gives the same object for the same message and the same changes, so that lines that did not change are not drawn again. */
export class RowCache {
  readonly #made = new WeakMap<Entry, { changes: string; entry: Entry }>();

  overlaid(entry: Entry, changes: readonly PendingSend[], me: string): Entry {
    if (changes.length === 0) {
      return entry;
    }
    const key = changes.map(send => send.clientMessageId).join();
    let made = this.#made.get(entry);
    if (made?.changes !== key) {
      made = { changes: key, entry: changes.reduce((one, send) => changed(one, send, me), entry) };
      this.#made.set(entry, made);
    }
    return made.entry;
  }
}

function changed(entry: Entry, send: PendingSend, me: string): Entry {
  switch (send.action) {
    case 'edit': return { ...entry, body: { ...entry.body, text: send.text }, editedAt: send.at };
    case 'delete': return { ...entry, body: undefined, reactions: undefined, isDeleted: true };
    case 'react': return { ...entry, reactions: react(entry.reactions ?? [], send.emoji!, me, send.remove === true) };
    default: return entry;
  }
}
