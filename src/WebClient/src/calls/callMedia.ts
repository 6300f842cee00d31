import type { CallSignal, ChatApi, IceInfo, NumberedSignal } from '../../sdk/src/index.ts';

export interface Quality { loss: number; jitter: number; roundTrip: number }

export interface MediaEvents {
  /** connected, or on the way to it again. */
  state(state: 'connected' | 'connecting' | 'failed'): void;
  heard(stream: MediaStream): void;
}

const GATHER = 60;
const MOST_AT_ONCE = 20;
/** For how long the two may look for each other, at first and after a change of network. */
const PATIENCE = 15_000;
const DISCONNECTED = 1_500;

/** The sound of a call between two: one peer connection, and what the two ends tell each other about it. The end that called offers. */
export class CallMedia {
  readonly #api: ChatApi;
  readonly #callId: string;
  readonly #legId: string;
  readonly #offers: boolean;
  readonly #events: MediaEvents;
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
  #before: { lost: number; received: number } | undefined;

  constructor(api: ChatApi, callId: string, legId: string, offers: boolean, ice: IceInfo, microphone: MediaStream, events: MediaEvents) {
    this.#api = api;
    this.#callId = callId;
    this.#legId = legId;
    this.#offers = offers;
    this.#events = events;
    this.#connection = new RTCPeerConnection(configuration(ice));
    this.#sender = this.#connection.addTrack(microphone.getAudioTracks()[0]!, microphone);
    this.#connection.ontrack = event => events.heard(event.streams[0] ?? new MediaStream([event.track]));
    this.#connection.onicecandidate = event => event.candidate && this.#gather(event.candidate);
    this.#connection.onconnectionstatechange = () => this.#changed();
    this.#patient();
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
    clearTimeout(this.#restart);
    this.#patient();
    this.#do(() => (this.#offers ? this.#offer(true) : this.#api.signalCall(this.#callId, this.#legId, { kind: 'restart' })));
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
    if (isRestart) {
      // The credentials of the beginning may have run out.
      this.#connection.setConfiguration(configuration(await this.#api.ice(this.#callId)));
    }
    const offer = await this.#connection.createOffer({ iceRestart: isRestart });
    await this.#describe('offer', offer);
  }

  async #describe(kind: 'offer' | 'answer', made: RTCSessionDescriptionInit): Promise<void> {
    await this.#connection.setLocalDescription({ type: made.type, sdp: withOpus(made.sdp ?? '') });
    await this.#tell({ kind, sdp: this.#connection.localDescription!.sdp });
  }

  async #apply(signal: CallSignal): Promise<void> {
    if (signal.kind === 'offer' && !this.#offers) {
      await this.#connection.setRemoteDescription({ type: 'offer', sdp: signal.sdp! });
      await this.#describe('answer', await this.#connection.createAnswer());
    } else if (signal.kind === 'answer' && this.#connection.signalingState === 'have-local-offer') {
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

  #gather(candidate: RTCIceCandidate): void {
    this.#gathered.push(candidate);
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      const all = this.#gathered.splice(0);
      for (let i = 0; i < all.length; i += MOST_AT_ONCE) {
        const candidates = all.slice(i, i + MOST_AT_ONCE).map(one => {
          const { candidate = '', sdpMid, sdpMLineIndex, usernameFragment } = one.toJSON();
          return { candidate, sdpMid: sdpMid ?? undefined, sdpMLineIndex: sdpMLineIndex ?? undefined, usernameFragment: usernameFragment ?? undefined };
        });
        this.#do(() => this.#tell({ kind: 'candidates', candidates }));
      }
    }, GATHER);
  }

  async #tell(signal: CallSignal): Promise<void> {
    await this.#api.signalCall(this.#callId, this.#legId, signal);
  }

  #changed(): void {
    clearTimeout(this.#restart);
    switch (this.#connection.connectionState) {
      case 'connected':
        clearTimeout(this.#giveUp);
        this.#giveUp = undefined;
        this.#events.state('connected');
        break;
      case 'disconnected':
        this.#events.state('connecting');
        this.#patient();
        this.#restart = setTimeout(() => this.restart(), DISCONNECTED);
        break;
      case 'failed':
        this.#events.state('connecting');
        this.restart();
        break;
    }
  }

  #patient(): void {
    this.#giveUp ??= setTimeout(() => this.#events.state('failed'), PATIENCE);
  }

  /** One thing after another: descriptions have an order. What fails is mended by the next restart, or ends with the patience. */
  #do(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch(() => undefined);
  }
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
