import { expect, test } from 'vitest';
import { ConversationFold, type Entry, type PendingSend } from '../sdk/src/index.ts';
import { lasted, progress } from '../src/state/conversations.ts';
import { RowCache, rowsOf } from '../src/state/rows.ts';

const at = '2026-01-01T10:00:00Z';
const message = (seq: number, more: Partial<Entry> = {}): Entry => ({ conversationId: 'c', seq, kind: 'message', senderId: 'bo', at, number: seq, body: { text: `m${seq}` }, ...more });
const send = (more: Partial<PendingSend>): PendingSend => ({ clientMessageId: 'p', conversationId: 'c', action: 'send', at, ...more });

function fold(entries: Entry[]): ConversationFold {
  const made = new ConversationFold('me', 100);
  made.applyState({ id: 'c', kind: 'group', head: 0, stateSeq: 0, memberCount: 2, me: { role: 'member', delivered: 0, read: 0, unread: 0, version: 1, ranges: [{ from: 1 }] } });
  entries.forEach(entry => made.apply(entry));
  return made;
}

test('a message on its way keeps its line when its entry comes', () => {
  const pending = [send({ text: 'hi' })];
  const before = rowsOf(fold([message(1)]), pending, [], new RowCache());
  const after = rowsOf(fold([message(1), message(2, { senderId: 'me', clientMessageId: 'p' })]), pending, [], new RowCache());
  expect(before.map(row => row.type)).toEqual(['day', 'message', 'pending']);
  expect(after.map(row => row.type)).toEqual(['day', 'message', 'message']);
  expect(after.at(-1)!.key).toBe(before.at(-1)!.key);
});

test('an entry of a kind that is not known has no line', () => {
  const rows = rowsOf(fold([message(1), message(2, { kind: 'poll' as Entry['kind'] }), message(3)]), [], [], new RowCache());
  expect(rows.flatMap(row => (row.type === 'day' ? [] : [row.key]))).toEqual(['1', '3']);
});

test('what is asked for shows at once, and a line without change stays the same object', () => {
  const cache = new RowCache();
  const one = fold([message(1), message(2)]);
  const pending = [send({ action: 'edit', target: 1, text: 'better' }), send({ clientMessageId: 'q', action: 'react', target: 1, emoji: '👍' })];
  const rows = () => rowsOf(one, pending, [], cache).flatMap(row => (row.type === 'message' ? [row] : []));
  const [first, second] = rows();
  expect(first!.entry).toMatchObject({ body: { text: 'better' }, reactions: [{ emoji: '👍', userIds: ['me'] }] });
  expect([first!.isSaving, second!.isSaving]).toEqual([true, false]);
  expect(rows()[0]!.entry).toBe(first!.entry);
});

test('nothing below a gap is shown before the gap is read', () => {
  const one = fold([message(1)]);
  one.applyPage({ state: one.state, gap: { from: 2, to: 9 }, entries: [message(10)] });
  expect(rowsOf(one, [], [], new RowCache()).flatMap(row => (row.type === 'message' ? [row.entry.seq] : []))).toEqual([10]);
  one.applyOlder({ entries: [2, 3].map(seq => message(seq)), more: true }, 10);
  expect(rowsOf(one, [], [], new RowCache()).flatMap(row => (row.type === 'message' ? [row.entry.seq] : []))).toEqual([1, 2, 3, 10]);
});

test('a message is read when all others have read it', () => {
  const members = [{ userId: 'me', role: 'owner' as const }, { userId: 'a', role: 'member' as const, delivered: 5, read: 5 }, { userId: 'b', role: 'member' as const, delivered: 5, read: 3 }, { userId: 'c', role: 'invited' as const }];
  expect([3, 5, 6].map(seq => progress(members, 'me', seq))).toEqual(['read', 'delivered', 'sent']);
  expect(progress([members[0]!], 'me', 1)).toBe('sent');
});

test('a call has one line: that it is under way, and then how it ended', () => {
  const call = (seq: number, callId: string, event: 'started' | 'ended' | 'missed', seconds?: number): Entry =>
    ({ conversationId: 'c', seq, kind: 'call', senderId: 'bo', at, number: 0, body: { callId, event, seconds } });
  const lines = (entries: Entry[]) => rowsOf(fold(entries), [], [], new RowCache()).flatMap(row => (row.type === 'event' ? [row.entry.seq] : []));
  expect(lines([call(1, 'one', 'started')])).toEqual([1]);
  expect(lines([call(1, 'one', 'started'), call(2, 'one', 'ended', 75), call(3, 'two', 'missed'), call(4, 'three', 'started')])).toEqual([2, 3, 4]);
  expect([lasted(5), lasted(75.9), lasted(3723)]).toEqual(['0:05', '1:15', '1:02:03']);
});
