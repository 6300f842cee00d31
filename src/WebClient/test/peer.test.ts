import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CallSignal } from '../sdk/src/index.ts';
import { Peer } from '../src/calls/peer.ts';

/** What a browser does with descriptions, without sound. */
class FakeConnection {
  static all: FakeConnection[] = [];
  signalingState = 'stable';
  connectionState = 'new';
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  onconnectionstatechange: (() => void) | null = null;
  onicecandidate: ((event: { candidate: unknown }) => void) | null = null;
  made = 0;
  constructor() { FakeConnection.all.push(this); }
  addTrack() { return {}; }
  setConfiguration() { /* nothing */ }
  close() { /* nothing */ }
  addIceCandidate() { return Promise.resolve(); }
  createOffer() { return Promise.resolve({ type: 'offer', sdp: `v=0\r\ns=${++this.made}\r\n` }); }
  createAnswer() { return Promise.resolve({ type: 'answer', sdp: `v=0\r\ns=to ${/s=(\d+)/.exec(this.remoteDescription!.sdp)![1]}\r\n` }); }
  setLocalDescription(made: { type: string; sdp: string }) { this.localDescription = made; this.signalingState = made.type === 'offer' ? 'have-local-offer' : 'stable'; return Promise.resolve(); }
  setRemoteDescription(made: { type: string; sdp: string }) { this.remoteDescription = made; this.signalingState = made.type === 'offer' ? 'have-remote-offer' : 'stable'; return Promise.resolve(); }
  gather(...candidates: string[]) { candidates.forEach(candidate => this.onicecandidate?.({ candidate: { toJSON: () => ({ candidate }) } })); }
  become(state: string) { this.connectionState = state; this.onconnectionstatechange?.(); }
}

const ICE = { iceServers: [], relayOnly: false };
const microphone = { getAudioTracks: () => [{}] } as unknown as MediaStream;
let told: CallSignal[], states: string[], number: number, peer: Peer;

function begin(offers: boolean): FakeConnection {
  peer = new Peer({ tell: signal => Promise.resolve(told.push(signal)), ice: () => Promise.resolve(ICE) }, offers, ICE, microphone, { state: state => states.push(state), heard: () => undefined });
  return FakeConnection.all.at(-1)!;
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const hear = async (signal: CallSignal) => { peer.take([{ number: ++number, signal }], false); await settle(); };
const offers = () => told.filter(signal => signal.kind === 'offer').length;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('RTCPeerConnection', FakeConnection);
  vi.stubGlobal('MediaStream', class {});
  [told, states, number] = [[], [], 0];
});

afterEach(() => {
  peer.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('both ends notice that the path is gone, and it comes to one new offer', async () => {
  const connection = begin(true);
  await settle();
  await hear({ kind: 'answer', sdp: 'v=0\r\na=x-answers:1\r\n' });
  connection.become('connected');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(offers()).toBe(1);

  connection.become('disconnected');
  await vi.advanceTimersByTimeAsync(1_500);
  await hear({ kind: 'restart' });
  await hear({ kind: 'restart' });
  expect(offers()).toBe(2);
});

test('an answer to an older offer is passed over, and one without a mark is taken', async () => {
  const connection = begin(true);
  await settle();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(offers()).toBe(2);
  await hear({ kind: 'answer', sdp: 'v=0\r\ns=late\r\na=x-answers:1\r\n' });
  expect(connection.signalingState).toBe('have-local-offer');
  await hear({ kind: 'answer', sdp: 'v=0\r\ns=right\r\na=x-answers:2\r\n' });
  expect(connection.remoteDescription!.sdp).toContain('right');

  connection.become('failed');
  await vi.advanceTimersByTimeAsync(5_000);
  await hear({ kind: 'answer', sdp: 'v=0\r\ns=of others\r\n' });
  expect(connection.remoteDescription!.sdp).toContain('of others');
});

test('the other end says which offer it answers, and asks for another while there is no path', async () => {
  const connection = begin(false);
  await hear({ kind: 'offer', sdp: 'v=0\r\ns=7\r\na=x-offer:7\r\n' });
  expect(told.at(-1)!.sdp).toBe('v=0\r\ns=to 7\r\na=x-answers:7\r\n');
  connection.become('connected');
  connection.become('disconnected');
  await vi.advanceTimersByTimeAsync(1_500 + 3 * 5_000);
  expect(told.filter(signal => signal.kind === 'restart').length).toBe(4);
  expect(states).toEqual(['connected', 'connecting']);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(states).toEqual(['connected', 'connecting', 'failed']);
});

test('the first address is told at once, behind the offer, and those that follow soon come together', async () => {
  const connection = begin(true);
  connection.gather('one', 'two', 'three');
  await settle();
  const candidates = () => told.filter(signal => signal.kind === 'candidates').map(signal => signal.candidates!.map(one => one.candidate));
  expect(told.map(signal => signal.kind)).toEqual(['offer', 'candidates']);
  await vi.advanceTimersByTimeAsync(60);
  expect(candidates()).toEqual([['one'], ['two', 'three']]);
  connection.gather('four');
  await settle();
  expect(candidates().at(-1)).toEqual(['four']);
});
