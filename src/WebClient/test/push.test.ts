import { expect, test } from 'vitest';
import { stepWords } from '../src/push/words.ts';
import { wordsOf, type Payload } from '../src/worker/payload.ts';

const push = (more: Partial<Payload>): Payload => ({ id: '1', kind: 'message', conversationId: 'c', seq: 1, ...more });
const sender = { id: 'a', name: 'Alice' };

test('a notification says as much as the push does', () => {
  expect(wordsOf(push({ sender, text: 'hi', conversationKind: 'direct' }))).toEqual({ title: 'Alice', body: 'hi' });
  expect(wordsOf(push({ sender, text: 'a long te', truncated: true, conversationKind: 'group', title: 'Team' }))).toEqual({ title: 'Team', body: 'Alice: a long te…' });
  expect(wordsOf(push({ sender, conversationKind: 'group', title: 'Team' }))).toEqual({ title: 'Team', body: 'Alice: New message' });
  expect(wordsOf(push({ sender, mention: true, conversationKind: 'group', title: 'Team' }))).toEqual({ title: 'Team', body: 'Alice: mentions you' });
  expect(wordsOf(push({}))).toEqual({ title: 'ModularChat', body: 'New message' });
  expect(wordsOf(push({}), true)).toEqual({ title: 'ModularChat', body: 'New messages' });
  expect(wordsOf(push({ kind: 'call', sender }))).toEqual({ title: 'Alice', body: 'is calling you' });
  expect(wordsOf(push({ kind: 'call' })).title).toBe('Incoming call');
});

test('a reason that a newer server gives is told as it is', () => {
  expect(stepWords({ step: 'suppressed', detail: 'quiet_hours' })).toBe('Not sent: it was in your quiet hours');
  expect(stepWords({ step: 'suppressed', detail: 'full_moon' })).toBe('Not sent: full_moon');
  expect(stepWords({ step: 'tried', detail: '503, again in 5 s' })).toBe('The push service did not take it (503, again in 5 s)');
});
