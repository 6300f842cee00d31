import type { CallSignal, IceInfo, NumberedSignal } from '../../sdk/src/index.ts';

export interface Quality { loss: number; jitter: number; roundTrip: number }

/** What carries descriptions to the other end, and has the addresses and credentials of today. */
export interface Wire { tell(signal: CallSignal): Promise<unknown>; ice(): Promise<IceInfo> }

export interface PeerEvents {
  /** connected, or on the way to it again; failed: for long in vain. */
  state(state: 'connected' | 'connecting' | 'failed'): void;
  heard(stream: MediaStream): void;
}

const GATHER = 60;
const MOST_AT_ONCE = 20;
/** For how long the two may look for each other, at first and after a change of network. */
const PATIENCE = 30_000;
const DISCONNECTED = 1_500;
/** What they need may itself be gone for a while, such as the relay: they try again. */
const RETRY = 5_000;
const OFFERS_APART = 4_000;

/** Sound to one other end and back: one peer connection, and what the two ends tell each other about it. One of the two offers. */
export class Peer {
  readonly #wire: Wire;
  readonly #offers: boolean;
  readonly #events: PeerEvents;
  readonly #connection: RTCPeerConnection;
  readonly #sender: RTCRtpSender;
  #work: Promise<void> = Promise.resolve();
  #after = 0;
  #described = 0;
  readonly #taken = new Set<number>();
  #early: RTCIceCandidateInit[] = [];
  #gathered: RTCIceCandidate[] = [];
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #giveUp: ReturnType<typeof setTimeout> | undefined;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #offered = 0;
  #offeredAt = 0;
  #before: { lost: number; received: number } | undefined;

  constructor(wire: Wire, offers: boolean, ice: IceInfo, microphone: MediaStream, events: PeerEvents) {
    this.#wire = wire;
    this.#offers = offers;
    this.#events = events;
    this.#connection = new RTCPeerConnection(configuration(ice));
    this.#sender = this.#connection.addTrack(microphone.getAudioTracks()[0]!, microphone);
    this.#connection.ontrack = event => events.heard(event.streams[0] ?? new MediaStream([event.track]));
    this.#connection.onicecandidate = event => event.candidate && this.#gather(event.candidate);
    this.#connection.onconnectionstatechange = () => this.#changed();
    this.#patient();
    this.#restartIn(2 * RETRY);
    if (offers) {
      this.#do(() => this.#offer(false));
    }
  }

  /** Up to which number nothing of the other end can have been missed: frames may be lost, what was asked for is whole. */
  get after(): number {
    return this.#after;
  }

  /** What the other end has told, as it came or as it was asked for; each is taken once. */
  take(signals: readonly NumberedSignal[], isAsked: boolean): void {
    for (const { number, signal } of signals) {
      if (isAsked) {
        this.#after = Math.max(this.#after, number);
      }
      if (!this.#taken.has(number)) {
        this.#taken.add(number);
        const isOld = signal.sdp !== undefined && number < this.#described;
        this.#described = signal.sdp === undefined ? this.#described : Math.max(this.#described, number);
        this.#do(() => (isOld ? Promise.resolve() : this.#apply(signal)));
      }
    }
  }

  /** The network has changed: the two look for each other anew. */
  restart(): void {
    this.#patient();
    this.#restartIn(RETRY);
    this.#do(() => (this.#offers ? this.#offer(true) : this.#wire.tell({ kind: 'restart' })));
  }

  async use(microphone: MediaStream): Promise<void> {
    await this.#sender.replaceTrack(microphone.getAudioTracks()[0]!);
  }

  /** How the connection has been since the last time this was asked. */
  async quality(): Promise<Quality | undefined> {
    let lost = 0, received = 0, jitter = 0, roundTrip: number | undefined;
    for (const report of (await this.#connection.getStats()).values()) {
      if (report.type === 'inbound-rtp') {
        [lost, received, jitter] = [report.packetsLost ?? 0, report.packetsReceived ?? 0, report.jitter ?? 0];
      } else if (report.type === 'candidate-pair' && report.nominated && report.currentRoundTripTime !== undefined) {
        roundTrip = report.currentRoundTripTime;
      }
    }
    const before = this.#before ?? { lost: 0, received: 0 };
    this.#before = { lost, received };
    const all = lost - before.lost + received - before.received;
    return roundTrip === undefined || all <= 0 ? undefined : { loss: Math.max(0, lost - before.lost) / all, jitter: jitter * 1000, roundTrip: roundTrip * 1000 };
  }

  /** Through which kinds of path the sound goes: relay, srflx, host. */
  async path(): Promise<string[]> {
    const stats = [...(await this.#connection.getStats()).values()];
    const pair = stats.find(report => report.type === 'candidate-pair' && report.nominated && report.state === 'succeeded');
    return pair ? [pair.localCandidateId, pair.remoteCandidateId].map(id => stats.find(report => report.id === id)?.candidateType ?? '') : [];
  }

  close(): void {
    clearTimeout(this.#gathering);
    clearTimeout(this.#giveUp);
    clearTimeout(this.#restart);
    this.#connection.onconnectionstatechange = null;
    this.#connection.close();
  }

  async #offer(isRestart: boolean): Promise<void> {
    // Both ends notice that a path is gone, and both ask for another: that is one restart.
    if (isRestart && Date.now() - this.#offeredAt < OFFERS_APART) {
      return;
    }
    this.#offeredAt = Date.now();
    if (isRestart) {
      // The credentials of the beginning may have run out.
      this.#connection.setConfiguration(configuration(await this.#wire.ice()));
    }
    const offer = await this.#connection.createOffer({ iceRestart: isRestart });
    await this.#describe('offer', offer, `a=${OFFER}${++this.#offered}\r\n`);
  }

  /** A mark says which offer an answer is to: one that comes late would put together what does not belong together. Browsers pass over it. */
  async #describe(kind: 'offer' | 'answer', made: RTCSessionDescriptionInit, mark: string): Promise<void> {
    await this.#connection.setLocalDescription({ type: made.type, sdp: withOpus(made.sdp ?? '') });
    await this.#wire.tell({ kind, sdp: this.#connection.localDescription!.sdp + mark });
  }

  async #apply(signal: CallSignal): Promise<void> {
    if (signal.kind === 'offer' && !this.#offers) {
      await this.#connection.setRemoteDescription({ type: 'offer', sdp: signal.sdp! });
      const number = markIn(signal.sdp!, OFFER);
      await this.#describe('answer', await this.#connection.createAnswer(), number ? `a=${ANSWER}${number}\r\n` : '');
    } else if (signal.kind === 'answer' && this.#connection.signalingState === 'have-local-offer' && (markIn(signal.sdp!, ANSWER) ?? this.#offered) === this.#offered) {
      await this.#connection.setRemoteDescription({ type: 'answer', sdp: signal.sdp! });
    } else if (signal.kind === 'candidates') {
      this.#early.push(...(signal.candidates ?? []));
    } else if (signal.kind === 'restart' && this.#offers) {
      this.#patient();
      await this.#offer(true);
    }
    if (this.#connection.remoteDescription) {
      for (const candidate of this.#early.splice(0)) {
        // One that this browser does not understand leaves the others.
        await this.#connection.addIceCandidate(candidate).catch(() => undefined);
      }
    }
  }

  /** The first is told at once: behind a relay it is the only one. Those that follow soon come together. */
  #gather(candidate: RTCIceCandidate): void {
    this.#gathered.push(candidate);
    if (this.#gathering === undefined) {
      this.#tellGathered();
      this.#gathering = setTimeout(() => {
        this.#gathering = undefined;
        this.#tellGathered();
      }, GATHER);
    }
  }

  #tellGathered(): void {
    const all = this.#gathered.splice(0);
    for (let i = 0; i < all.length; i += MOST_AT_ONCE) {
      const candidates = all.slice(i, i + MOST_AT_ONCE).map(one => {
        const { candidate = '', sdpMid, sdpMLineIndex, usernameFragment } = one.toJSON();
        return { candidate, sdpMid: sdpMid ?? undefined, sdpMLineIndex: sdpMLineIndex ?? undefined, usernameFragment: usernameFragment ?? undefined };
      });
      this.#do(() => this.#wire.tell({ kind: 'candidates', candidates }));
    }
  }

  #changed(): void {
    switch (this.#connection.connectionState) {
      case 'connected':
        clearTimeout(this.#restart);
        clearTimeout(this.#giveUp);
        this.#giveUp = undefined;
        this.#events.state('connected');
        break;
      case 'disconnected':
        this.#events.state('connecting');
        this.#patient();
        this.#restartIn(DISCONNECTED);
        break;
      case 'failed':
        this.#events.state('connecting');
        this.restart();
        break;
    }
  }

  #patient(): void {
    this.#giveUp ??= setTimeout(() => {
      this.#giveUp = undefined;
      this.#events.state('failed');
    }, PATIENCE);
  }

  #restartIn(milliseconds: number): void {
    clearTimeout(this.#restart);
    this.#restart = setTimeout(() => this.restart(), milliseconds);
  }

  /** One thing after another: descriptions have an order. What fails is mended by the next restart, or ends with the patience. */
  #do(work: () => Promise<unknown>): void {
    this.#work = this.#work.then(work).then(() => undefined, () => undefined);
  }
}

const OFFER = 'x-offer:';
const ANSWER = 'x-answers:';

function markIn(sdp: string, name: string): number | undefined {
  const found = new RegExp(`^a=${name}(\\d+)`, 'm').exec(sdp)?.[1];
  return found === undefined ? undefined : Number(found);
}

function configuration(ice: IceInfo): RTCConfiguration {
  return { iceServers: ice.iceServers, iceTransportPolicy: ice.relayOnly ? 'relay' : 'all' };
}

/** Opus with in-band error correction, silent while nobody speaks, 20 ms a packet. */
export function withOpus(sdp: string): string {
  const type = /^a=rtpmap:(\d+) opus\//m.exec(sdp)?.[1];
  if (!type) {
    return sdp;
  }
  const wanted = 'minptime=10;useinbandfec=1;usedtx=1';
  const line = new RegExp(`^a=fmtp:${type} .*$`, 'm');
  const described = line.test(sdp) ? sdp.replace(line, `a=fmtp:${type} ${wanted}`) : sdp.replace(new RegExp(`^(a=rtpmap:${type} opus.*)$`, 'm'), `$1\r\na=fmtp:${type} ${wanted}`);
  return described.includes('a=ptime:') ? described : described.replace(new RegExp(`^(a=fmtp:${type} .*)$`, 'm'), '$1\r\na=ptime:20');
}
