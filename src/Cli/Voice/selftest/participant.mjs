// One participant of the self test, in a process of its own so that its CPU can be told. Joins the room, says its tone, listens for those of the others.
import wrtc from '@roamhq/wrtc';
import { frequencyOf, hear, isOn, lastBegin, piece, rate, speak } from './tone.mjs';

const { RTCPeerConnection, MediaStream, nonstandard: { RTCAudioSource, RTCAudioSink } } = wrtc;
// Of an amplitude of 6000 that was said; others' tones leave some in between.
const quiet = 400, loud = 1_200;
let me;
process.once('message', (given) => run(given).catch((error) => { process.send({ failed: String(error?.message ?? error) }); process.exitCode = 1; }));

async function run({ url, token, group, index, count, legId, seconds }) {
  const began = performance.now();
  const ask = async (method, path, body) => {
    const response = await fetch(`${url}/api/v1/conversations/${group}/room${path}`, {
      method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body), signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} room${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };

  const source = new RTCAudioSource();
  const track = source.createTrack();
  const heard = Array.from({ length: count }, () => ({ pieces: 0, level: 0, since: 0, low: 0, delays: [] }));
  const peers = new Map();
  let { room, ice } = await ask('POST', '/join', { legId });
  let epoch = 0, firstSound;

  const tell = async (to, signal) => { await ask('POST', '/signal', { legId, to, epoch, signal }); };
  const listen = (stream, whom) => {
    const sink = new RTCAudioSink(stream);
    sink.ondata = ({ samples, sampleRate, channelCount }) => {
      if (sampleRate !== rate) return;
      const now = Date.now(), mono = channelCount === 1 ? samples : samples.filter((_, i) => i % channelCount === 0);
      for (const other of whom ?? heard.keys()) {
        if (other === index) continue;
        const level = hear(mono.subarray(0, piece), frequencyOf(other)), one = heard[other];
        if (level > loud) {
          one.pieces++;
          firstSound ??= performance.now() - began;
          if (one.low >= 20) one.delays.push(now - lastBegin(other, now));
          one.low = 0;
        } else if (level < quiet) one.low++;
      }
    };
    return sink;
  };
  const open = (to, whom) => {
    const pc = new RTCPeerConnection({ iceServers: ice.iceServers, iceTransportPolicy: ice.relayOnly ? 'relay' : 'all' });
    const peer = { pc, told: Promise.resolve(), sinks: [], whom, waiting: [] };
    pc.addTrack(track, new MediaStream([track]));
    pc.ontrack = (event) => peer.sinks.push(listen(event.track, whom));
    pc.onicecandidate = ({ candidate }) => {
      if (candidate) peer.told = peer.told.then(() => tell(to, { kind: 'candidates', candidates: [{ candidate: candidate.candidate, sdpMid: candidate.sdpMid, sdpMLineIndex: candidate.sdpMLineIndex }] })).catch(() => {});
    };
    peers.set(to, peer);
    return peer;
  };
  const close = (to) => { const peer = peers.get(to); peers.delete(to); peer?.sinks.forEach((sink) => sink.stop()); peer?.pc.close(); };
  const offer = (to, peer) => {
    // Refused when the room moves just now, or the server is away: then the next look makes it anew.
    peer.told = peer.pc.createOffer()
      .then(async (description) => { await peer.pc.setLocalDescription(description); await tell(to, { kind: 'offer', sdp: description.sdp }); })
      .catch(() => { if (peers.get(to) === peer) close(to); });
    return peer.told;
  };
  const follow = async (now) => {
    if (!now) return;
    room = now;
    if (room.epoch !== epoch) {
      for (const to of [...peers.keys()]) close(to);
      epoch = room.epoch;
    }
    if (room.mode === 'mixed') {
      if (!peers.has(undefined)) await offer(undefined, open(undefined));
      return;
    }
    const legs = room.participants.map((one) => one.legId);
    for (const to of [...peers.keys()].filter((to) => !legs.includes(to))) close(to);
    for (const to of legs.slice(0, legs.indexOf(legId))) if (!peers.has(to)) await offer(to, open(to, [indexOf(to)]));
  };
  const indexOf = (leg) => Number.parseInt(leg.slice(-2), 16);
  const take = async ({ from, epoch: of, signal }) => {
    if (of !== epoch) return;
    const { kind, sdp, candidates } = signal;
    if (kind === 'restart') { close(from); await follow(room); return; }
    const peer = peers.get(from) ?? (kind === 'offer' ? open(from, [indexOf(from)]) : undefined);
    if (!peer) return;
    if (kind === 'candidates') {
      for (const one of candidates) await (peer.isThere ? peer.pc.addIceCandidate(one).catch(() => {}) : peer.waiting.push(one));
      return;
    }
    await peer.pc.setRemoteDescription({ type: kind, sdp });
    peer.isThere = true;
    for (const one of peer.waiting.splice(0)) await peer.pc.addIceCandidate(one).catch(() => {});
    if (kind === 'offer') {
      peer.told = peer.pc.createAnswer().then(async (description) => { await peer.pc.setLocalDescription(description); await tell(from, { kind: 'answer', sdp: description.sdp }); });
      await peer.told;
    }
  };

  // What was missed by a timer that came late is made up for, so that the tone has no holes on a busy machine.
  const samples = new Int16Array(piece);
  let position = 0, next = performance.now();
  const speaker = setInterval(() => {
    for (const now = performance.now(); next <= now; next += 10) {
      if (now - next > 200) next = now;
      speak(index, samples, position, isOn(index, Date.now()));
      position += piece;
      source.onData({ samples, sampleRate: rate, bitsPerSample: 16, channelCount: 1, numberOfFrames: piece });
    }
  }, 10);

  const end = performance.now() + seconds * 1_000;
  let after = 0, renewed = 0, cpu, halfway, mark;
  while (performance.now() < end) {
    const view = await ask('GET', `?legId=${legId}&after=${after}`).catch(() => undefined);
    if (view) {
      await follow(view.room);
      for (const signal of view.signals) { after = signal.number; await take(signal).catch(() => {}); }
    }
    if (performance.now() - renewed > 4_000) { renewed = performance.now(); await ask('POST', '/renew', { legId }).catch(() => {}); }
    // The way there is not measured: joining, and the first seconds of a connection.
    if (!halfway && performance.now() > end - seconds * 600) { halfway = performance.now(); cpu = process.cpuUsage(); mark = heard.map((one) => one.pieces); heard.forEach((one) => one.delays.splice(0)); }
    await new Promise((done) => setTimeout(done, 200));
  }
  const used = process.cpuUsage(cpu), lasted = performance.now() - halfway;
  const streams = [];
  for (const [to, peer] of peers) {
    for (const stat of (await peer.pc.getStats()).values()) {
      if (stat.type === 'inbound-rtp') streams.push({ from: to === undefined ? null : indexOf(to), lost: stat.packetsLost, received: stat.packetsReceived, jitter: stat.jitter * 1_000 });
    }
  }
  me = {
    index, mode: room.mode, epoch, firstSound, cpu: (used.user + used.system) / 10 / lasted, streams,
    heard: heard.map((one, other) => ({ share: ((one.pieces - mark[other]) * 10) / lasted / 0.8, delay: one.delays.length ? one.delays.sort((a, b) => a - b)[one.delays.length >> 1] : null })),
  };
  await ask('POST', '/leave', { legId }).catch(() => {});
  clearInterval(speaker);
  process.send(me, () => process.exit(0));
}
