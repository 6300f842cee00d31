// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Backoff, comeBack } from '../src/connecting/backoff.ts';
import { ChatClient, type ChatEvent } from '../src/index.ts';

const ME = '00000000-0000-7000-8000-00000000000a';
const OTHER = '00000000-0000-7000-8000-00000000000b';
const TEAM = '00000000-0000-7000-8000-0000000000ff';

/** A server's end of the socket, by hand. */
class FakeSocket {
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: any[] = [];
  onopen: any; onmessage: any; onclose: any; onerror: any;
  constructor() { FakeSocket.all.push(this); }
  send(data: string) { this.sent.push(JSON.parse(data)); }
  close(code = 1000) { this.end(code); }
  end(code: number) { this.readyState = 3; this.onclose?.({ code }); }
  tell(frame: object) { this.onmessage({ data: JSON.stringify(frame) }); }
  of(type: string) { return this.sent.filter(frame => frame.type === type); }

  async live(conversations: object[] = [team(0)]) {
    this.readyState = 1;
    this.onopen({});
    this.tell({ type: 'hello', userId: ME, heartbeatSeconds: 10 });
    this.tell({ type: 'sync', conversations, cursor: 'c1', more: false });
    this.tell({ type: 'live' });
    await settle();
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const team = (head: number, entries: object[] = []) => ({
  state: { id: TEAM, kind: 'group', title: 'Team', head, stateSeq: 0, memberCount: 2, me: { role: 'member', ranges: [{ from: 1 }], delivered: 0, read: 0, unread: 0, version: 1 } }, entries,
});
const message = (seq: number, more: object = {}) => ({ conversationId: TEAM, seq, kind: 'message', senderId: OTHER, at: '2026-01-01T00:00:00Z', number: seq, body: { text: `m${seq}` }, ...more });
const last = () => FakeSocket.all.at(-1)!;

let client: ChatClient;
let events: ChatEvent[];

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  events = [];
  client = new ChatClient({ discover: false, url: 'http://chat.test', token: 't', webSocket: FakeSocket as any });
  client.on(event => events.push(event));
  vi.stubGlobal('fetch', vi.fn(async () => new Response('{}')));
  client.connect().catch(() => undefined);
});

afterEach(() => {
  client.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what was not confirmed goes again, under the same ids and in order', async () => {
  await last().live();
  const done = ['one', 'two'].map(text => client.send(TEAM, text));
  const first = last();
  expect(first.of('send').map(frame => frame.text)).toEqual(['one', 'two']);
  first.end(1006);
  await vi.advanceTimersByTimeAsync(1000);
  await last().live();
  expect(last()).not.toBe(first);
  expect(last().of('hello')[0].cursor).toBe('c1');
  expect(last().of('send').map(frame => frame.clientMessageId)).toEqual(first.of('send').map(frame => frame.clientMessageId));
  last().of('send').forEach((frame, i) => last().tell({ type: 'ack', id: frame.id, conversationId: TEAM, seq: i + 1, at: '' }));
  await settle();
  expect((await Promise.all(done)).map(stored => stored.seq)).toEqual([1, 2]);
  expect(client.pending).toEqual([]);
});

test('an own entry confirms a send whose ack was lost', async () => {
  await last().live();
  const done = client.send(TEAM, 'one');
  const id = last().of('send')[0].clientMessageId;
  last().tell({ type: 'entry', entry: message(1, { senderId: ME, clientMessageId: id }) });
  await settle();
  expect((await done).seq).toBe(1);
});

test('a refusal for good fails the send and is told; one for now waits, and goes again alone', async () => {
  await last().live();
  const refused = client.send(TEAM, 'too long');
  const outcome = expect(refused).rejects.toMatchObject({ problem: { code: 'too_long' } });
  last().tell({ type: 'problem', id: last().of('send')[0].id, problem: { code: 'too_long', retryable: false } });
  await outcome;
  expect(events.filter(event => event.type === 'failed')).toHaveLength(1);

  client.send(TEAM, 'one').catch(() => undefined);
  client.send(TEAM, 'two').catch(() => undefined);
  const [, one, two] = last().of('send');
  last().tell({ type: 'problem', id: one.id, problem: { code: 'rate_limited', retryable: true, retryAfterMs: 5000 } });
  last().tell({ type: 'problem', id: two.id, problem: { code: 'rate_limited', retryable: true, retryAfterMs: 5000 } });
  await vi.advanceTimersByTimeAsync(3000);
  expect(last().of('send')).toHaveLength(3);
  await vi.advanceTimersByTimeAsync(3000);
  expect(last().of('send').map(frame => frame.text)).toEqual(['too long', 'one', 'two', 'one']);
});

test('a hole is mended from history before anything after it is shown', async () => {
  await last().live();
  vi.mocked(fetch).mockImplementation(async () => new Response(JSON.stringify({ entries: [message(1), message(2)], more: false })));
  last().tell({ type: 'entry', entry: message(3) });
  await settle();
  expect(events.flatMap(event => (event.type === 'entry' ? [event.entry.seq] : []))).toEqual([1, 2, 3]);
  expect(String(vi.mocked(fetch).mock.calls.at(-1)![0])).toContain(`/conversations/${TEAM}/messages?after=0`);
});

test('a reset drops what was here and keeps the outbox', async () => {
  await last().live([team(2, [message(1), message(2)])]);
  void client.send(TEAM, 'kept').catch(() => undefined);
  last().end(1006);
  await vi.advanceTimersByTimeAsync(1000);
  const socket = last();
  socket.readyState = 1;
  socket.onopen({});
  socket.tell({ type: 'hello', userId: ME });
  socket.tell({ type: 'sync', reset: true, conversations: [team(1, [message(1)])], cursor: 'c2', more: false });
  socket.tell({ type: 'live' });
  await settle();
  expect(client.find(TEAM)!.timeline.map(entry => entry.seq)).toEqual([1]);
  expect(socket.of('send').map(frame => frame.text)).toEqual(['kept']);
});

test('heartbeats go out, and a connection that answers none is given up', async () => {
  await last().live();
  const socket = last();
  await vi.advanceTimersByTimeAsync(12_000);
  expect(socket.of('heartbeat')).toHaveLength(1);
  socket.tell({ type: 'heartbeat' });
  await vi.advanceTimersByTimeAsync(24_000);
  expect(FakeSocket.all).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(socket.readyState).toBe(3);
  expect(FakeSocket.all.length).toBeGreaterThan(1);
});

test('unauthorized is the end until the application does something', async () => {
  await last().live();
  last().end(4100);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSocket.all).toHaveLength(1);
  expect(client.state).toBe('refused');
});

test('a cursor that the server did not make is given up', async () => {
  await last().live();
  last().end(4103);
  await vi.advanceTimersByTimeAsync(1000);
  await last().live();
  expect(last().of('hello')[0].cursor).toBeUndefined();
});

test('close codes say when to come back, and delays grow to half a minute', () => {
  expect([1001, 1006, 1009, 4000, 4003, 4008, 4009, 4100, 4102, undefined].map(comeBack)).toEqual(
    ['afterASecond', 'backoff', 'backoff', 'backoff', 'backoff', 'atOnce', 'atOnce', 'never', 'never', 'backoff']);
  const backoff = new Backoff(() => 1);
  expect(Array.from({ length: 8 }, () => backoff.next('backoff'))).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test('what a newer server adds is passed over', async () => {
  await last().live([team(0)]);
  last().tell({ type: 'hologram', id: 7, shape: { x: [1] } });
  last().tell({ type: 'entry', entry: message(1, { kind: 'poll', body: { question: '?' }, colour: 'red' }), priority: 3 });
  last().tell({ type: 'entry', entry: message(2, { weight: { kg: 1 } }) });
  await settle();
  expect(client.state).toBe('live');
  expect(FakeSocket.all).toHaveLength(1);
  expect(fetch).not.toHaveBeenCalled();
  expect(events.flatMap(event => (event.type === 'entry' ? [event.entry.seq] : []))).toEqual([1, 2]);
  expect(client.find(TEAM)!.state.me.unread).toBe(1);
});

test('a server without this version of the protocol is named, and tried again', async () => {
  vi.mocked(fetch).mockImplementation(async () => new Response('<h1>Not Found</h1>', { status: 404 }));
  void client.send(TEAM, 'kept').catch(() => undefined);
  for (let i = 0; i < 3; i++) {
    last().end(1006);
    await vi.advanceTimersByTimeAsync(0);
    expect(client.state).toBe('waiting');
    expect(client.problem?.code).toBe('other_version');
    await vi.advanceTimersByTimeAsync(5000);
  }
  expect(FakeSocket.all).toHaveLength(4);
  await last().live();
  expect(client.problem).toBeUndefined();
  expect(last().of('send').map(frame => frame.text)).toEqual(['kept']);
});

test('entries come from the call on, also those of the first sync', async () => {
  const entries = client.entries();
  await last().live([team(2, [message(1), message(2)])]);
  expect([(await entries.next()).value.seq, (await entries.next()).value.seq]).toEqual([1, 2]);
});
