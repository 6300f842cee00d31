import { ChatProblem, newId, type Call, type CallAnswer, type CallSignal, type ChatApi, type ChatEvent } from '../../sdk/src/index.ts';
import type { Notifier } from '../state/notifier.ts';
import { Peer, type Quality } from './peer.ts';
import { listDevices, Meter, openMicrophone, ring, type Devices } from './microphone.ts';

/** What a call of this page shows. */
export interface Talk {
  otherId: string; conversationId: string; call?: Call;
  phase: 'asking' | 'ringing' | 'connecting' | 'talking' | 'over';
  /** Why it is over, or what is to be known. */
  note?: string;
  isDirect?: boolean; connectedAt?: number; isMuted: boolean; isDeafened: boolean; speaks: { me: boolean; other: boolean };
  quality?: Quality; devices: Devices; inputId?: string; outputId?: string;
}

const LOOK = 200;
const STATS = 10;
const ASK = 5;
const SHOW_OVER = 4_000;
const OUTCOMES: Record<string, string> = {
  ended: 'The call has ended', cancelled: 'The call was taken back', declined: 'The call was declined', busy: 'Busy: they are in another call',
  missed: 'No answer', lost: 'The connection was lost', failed: 'No connection could be made',
};

/** The calls of this page: one that rings, or one that it is in. */
export class CallDesk {
  /** A call that rings here. */
  incoming: Call | undefined;
  talk: Talk | undefined;
  readonly #api: ChatApi;
  readonly #changes: Notifier;
  readonly #me: () => string;
  readonly #begins: () => void;
  #legId = '';
  #microphone: MediaStream | undefined;
  #media: Peer | undefined;
  #meter: Meter | undefined;
  #speaker: HTMLAudioElement | undefined;
  #stopRinging: (() => void) | undefined;
  #looking: ReturnType<typeof setInterval> | undefined;
  #ice: CallAnswer['ice'];
  #renewEvery = 5_000;
  #renewedAt = 0;
  #looks = 0;

  /** begins: told before this page talks to somebody. */
  constructor(api: ChatApi, changes: Notifier, me: () => string, begins: () => void) {
    this.#api = api;
    this.#begins = begins;
    this.#changes = changes;
    this.#me = me;
    void api.limits().then(limits => (this.#renewEvery = (limits['renewSeconds'] ?? 5) * 1000), () => undefined);
  }

  /** While the page is there. */
  start(): () => void {
    const left = () => this.hangUp();
    const moved = () => this.#media?.restart();
    addEventListener('pagehide', left);
    addEventListener('online', moved);
    return () => {
      removeEventListener('pagehide', left);
      removeEventListener('online', moved);
      this.hangUp();
      this.#drop();
      this.#rings(undefined);
    };
  }

  async call(conversationId: string, otherId: string): Promise<void> {
    if (!this.talk || this.talk.phase === 'over') {
      await this.#begin({ conversationId, otherId }, () => this.#api.startCall(conversationId, newId(), this.#legId));
    }
  }

  async answer(): Promise<void> {
    const call = this.incoming;
    if (call) {
      this.#rings(undefined);
      await this.#begin({ conversationId: call.conversationId, otherId: call.callerId }, () => this.#api.acceptCall(call.id, this.#legId));
    }
  }

  async decline(): Promise<void> {
    const call = this.incoming;
    this.#rings(undefined);
    await (call && this.#api.declineCall(call.id).catch(() => undefined));
  }

  hangUp(hasFailed = false): void {
    const { talk } = this;
    if (!talk || talk.phase === 'over') {
      return;
    }
    if (talk.call) {
      this.#api.hangUp(talk.call.id, this.#legId, hasFailed).catch(() => undefined);
    }
    this.#over(hasFailed ? 'failed' : 'ended');
  }

  mute(isMuted: boolean): void {
    this.#microphone?.getAudioTracks().forEach(track => (track.enabled = !isMuted));
    this.#show({ isMuted });
  }

  deafen(isDeafened: boolean): void {
    if (this.#speaker) {
      this.#speaker.muted = isDeafened;
    }
    this.#show({ isDeafened });
  }

  async useInput(inputId: string): Promise<void> {
    const microphone = await openMicrophone(inputId).catch(() => undefined);
    if (microphone && this.#media) {
      const before = this.#microphone;
      this.#microphone = microphone;
      await this.#media.use(microphone);
      before?.getTracks().forEach(track => track.stop());
      this.mute(this.talk?.isMuted ?? false);
      this.#meter?.put('me', microphone);
      this.#show({ inputId });
    }
  }

  async useOutput(outputId: string): Promise<void> {
    await this.#speaker?.setSinkId?.(outputId).catch(() => undefined);
    this.#show({ outputId });
  }

  /** Through which kinds of path the sound goes. */
  path(): Promise<string[]> {
    return this.#media?.path() ?? Promise.resolve([]);
  }

  on(event: ChatEvent): void {
    if (event.type === 'callSignal') {
      if (event.callId === this.talk?.call?.id && event.legId === this.#legId) {
        this.#media?.take([event.told], false);
      }
    } else if (event.type === 'call') {
      this.#changed(event.call);
    } else if (event.type === 'connection' && event.state === 'live') {
      // What rang, or stopped to ring, while nobody told this page.
      void this.#api.calls().then(calls => {
        if (this.incoming && !calls.some(call => call.id === this.incoming?.id && call.state === 'ringing')) {
          this.#rings(undefined);
        }
        calls.forEach(call => this.#changed(call));
      }, () => undefined);
    }
  }

  async #begin(who: { conversationId: string; otherId: string }, ask: () => Promise<CallAnswer>): Promise<void> {
    this.#drop();
    this.#begins();
    this.#legId = newId();
    const talk: Talk = { ...who, phase: 'asking', isMuted: false, isDeafened: false, speaks: { me: false, other: false }, devices: { inputs: [], outputs: [] } };
    this.talk = talk;
    this.#changes.emit();
    try {
      const microphone = await openMicrophone();
      if (this.talk !== talk) {
        microphone.getTracks().forEach(track => track.stop());
        return;
      }
      this.#microphone = microphone;
      const answer = await ask();
      if (this.talk !== talk || talk.phase === 'over') {
        // Given up meanwhile.
        this.#api.hangUp(answer.call.id, this.#legId).catch(() => undefined);
        return;
      }
      this.#rings(undefined);
      this.#meter = new Meter();
      this.#meter.put('me', microphone);
      // At once: it may have been answered before this page listened.
      this.#renewedAt = 0;
      this.#looking = setInterval(() => this.#look(), LOOK);
      void listDevices().then(devices => this.#show({ devices }), () => undefined);
      this.#ice = answer.ice;
      talk.phase = 'ringing';
      this.#changed(answer.call);
    } catch (failed) {
      if (this.talk === talk) {
        this.#over(undefined, failed instanceof ChatProblem && failed.problem.code === 'call_over' ? 'The call was answered elsewhere, or is over.' : (failed as Error).message);
      }
    }
  }

  #changed(call: Call): void {
    const { talk } = this;
    if (talk && talk.phase !== 'over' && call.id === talk.call?.id && call.version < talk.call.version) {
      return;
    }
    const isMine = talk && talk.phase !== 'over' && talk.phase !== 'asking' && [call.callerLegId, call.calleeLegId].includes(this.#legId);
    if (isMine) {
      talk.call = call;
      if (call.state === 'ended') {
        this.#over(call.outcome);
        return;
      }
      if (call.state === 'active' && !this.#media) {
        this.#connect(talk, call);
      }
    } else if (call.state === 'ringing' && call.calleeId === this.#me() && (!talk || talk.phase === 'over')) {
      this.#rings(call);
    } else if (call.id === this.incoming?.id && call.state !== 'ringing') {
      // Answered on another device, declined there, or taken back.
      this.#rings(undefined);
    }
    this.#changes.emit();
  }

  #connect(talk: Talk, call: Call): void {
    const ice = this.#ice ?? { iceServers: [], relayOnly: false };
    talk.phase = 'connecting';
    talk.isDirect = !ice.relayOnly;
    const wire = { tell: (signal: CallSignal) => this.#api.signalCall(call.id, this.#legId, signal), ice: () => this.#api.ice(call.id) };
    this.#media = new Peer(wire, call.callerLegId === this.#legId, ice, this.#microphone!, {
      state: state => {
        if (state === 'failed') {
          this.hangUp(true);
        } else {
          talk.connectedAt ??= state === 'connected' ? Date.now() : undefined;
          this.#show({ phase: state === 'connected' ? 'talking' : 'connecting' });
        }
      },
      heard: stream => {
        this.#speaker = new Audio();
        this.#speaker.srcObject = stream;
        this.#speaker.muted = talk.isDeafened;
        void this.#speaker.play().catch(() => undefined);
        this.#meter?.put('other', stream);
      },
    });
    // What was told before this page listened.
    this.#ask();
  }

  #look(): void {
    const { talk } = this;
    if (!talk?.call || talk.phase === 'over') {
      return;
    }
    const now = Date.now();
    if (now - this.#renewedAt >= this.#renewEvery) {
      this.#renewedAt = now;
      this.#api.renewCall(talk.call.id, this.#legId).then(call => this.#changed(call), failed => {
        if (failed instanceof ChatProblem && failed.problem.code === 'not_found') {
          this.#over('lost');
        }
      });
      this.#ask();
    } else if (talk.phase !== 'talking' && this.#looks % ASK === 0) {
      this.#ask();
    }
    const speaks = { me: !talk.isMuted && (this.#meter?.speaks('me') ?? false), other: this.#meter?.speaks('other') ?? false };
    if (speaks.me !== talk.speaks.me || speaks.other !== talk.speaks.other) {
      this.#show({ speaks });
    }
    if (++this.#looks % STATS === 0 && talk.phase === 'talking') {
      void this.#media?.quality().then(quality => quality && this.#show({ quality }));
    }
  }

  /** Frames may be lost, and who polls gets none: the server has what the other end has told. */
  #ask(): void {
    const { talk } = this;
    if (talk?.call) {
      this.#api.call(talk.call.id, this.#media?.after).then(({ call, signals }) => {
        this.#media?.take(signals, true);
        this.#changed(call);
      }, () => undefined);
    }
  }

  #rings(call: Call | undefined): void {
    if (call?.id !== this.incoming?.id) {
      this.#stopRinging?.();
      this.#stopRinging = call ? ring() : undefined;
    }
    this.incoming = call;
    this.#changes.emit();
  }

  #over(outcome: string | undefined, note?: string): void {
    const { talk } = this;
    this.#drop();
    if (talk) {
      talk.phase = 'over';
      talk.note = note ?? OUTCOMES[outcome ?? 'ended'] ?? 'The call has ended';
      // What has to be read stays until it is closed.
      setTimeout(() => this.talk === talk && !note && this.close(), SHOW_OVER);
    }
    this.#changes.emit();
  }

  /** Takes what is shown of a call that is over away. */
  close(): void {
    if (this.talk?.phase === 'over') {
      this.talk = undefined;
      this.#changes.emit();
    }
  }

  #drop(): void {
    clearInterval(this.#looking);
    this.#media?.close();
    this.#meter?.close();
    this.#microphone?.getTracks().forEach(track => track.stop());
    if (this.#speaker) {
      this.#speaker.srcObject = null;
    }
    this.#media = this.#meter = this.#microphone = this.#speaker = undefined;
  }

  #show(change: Partial<Talk>): void {
    if (this.talk && this.talk.phase !== 'over') {
      Object.assign(this.talk, change);
      this.#changes.emit();
    }
  }
}
