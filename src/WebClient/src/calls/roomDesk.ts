import { ChatProblem, newId, type CallSignal, type ChatApi, type ChatEvent, type IceInfo, type Room, type RoomSignal } from '../../sdk/src/index.ts';
import type { Notifier } from '../state/notifier.ts';
import { listDevices, Meter, openMicrophone, type Devices } from './microphone.ts';
import { RoomLinks } from './roomLinks.ts';

/** The voice room that this page is in. */
export interface RoomTalk {
  conversationId: string; phase: 'asking' | 'in' | 'over';
  /** Why it is over. */
  note?: string;
  isDirect?: boolean; isMuted: boolean; isDeafened: boolean; devices: Devices; inputId?: string; outputId?: string;
}

const LOOK = 200;
const ASK_EVERY = 1_000;
const SPEAK_EVERY = 500;
const REJOIN_APART = 5_000;
const SHOW_OVER = 4_000;

/** The voice rooms of one's groups, and the one that this page is in. */
export class RoomDesk {
  talk: RoomTalk | undefined;
  readonly #api: ChatApi;
  readonly #changes: Notifier;
  readonly #me: () => string;
  readonly #begins: () => void;
  readonly #rooms = new Map<string, Room>();
  #legId = '';
  #joinedAt = 0;
  #microphone: MediaStream | undefined;
  #links: RoomLinks | undefined;
  #meter: Meter | undefined;
  #looking: ReturnType<typeof setInterval> | undefined;
  #renewEvery = 5_000;
  #renewedAt = 0;
  #askedAt = 0;
  #speaks = false;

  /** begins: told before this page goes into a room. */
  constructor(api: ChatApi, changes: Notifier, me: () => string, begins: () => void) {
    this.#api = api;
    this.#begins = begins;
    this.#changes = changes;
    this.#me = me;
  }

  /** While the page is there. */
  start(): () => void {
    const left = () => this.leave();
    const moved = () => this.#links?.restart();
    addEventListener('pagehide', left);
    addEventListener('online', moved);
    return () => {
      removeEventListener('pagehide', left);
      removeEventListener('online', moved);
      this.leave();
    };
  }

  /** The room of a conversation, while somebody is in it. */
  of(conversationId: string): Room | undefined {
    const room = this.#rooms.get(conversationId);
    return room && room.participants.length > 0 ? room : undefined;
  }

  isIn(conversationId: string): boolean {
    return this.talk?.phase === 'in' && this.talk.conversationId === conversationId;
  }

  /** To how many ends there is sound. */
  get linked(): number {
    return this.#links?.linked ?? 0;
  }

  async join(conversationId: string): Promise<void> {
    this.leave();
    this.#begins();
    const talk: RoomTalk = { conversationId, phase: 'asking', isMuted: false, isDeafened: false, devices: { inputs: [], outputs: [] } };
    this.talk = talk;
    this.#changes.emit();
    try {
      const microphone = await openMicrophone();
      if (this.talk !== talk) {
        microphone.getTracks().forEach(track => track.stop());
        return;
      }
      this.#microphone = microphone;
      this.#meter = new Meter();
      this.#meter.put('me', microphone);
      void this.#api.limits().then(limits => (this.#renewEvery = (limits['renewSeconds'] ?? 5) * 1000), () => undefined);
      void listDevices().then(devices => this.#show(talk, { devices }), () => undefined);
      await this.#enter(talk);
    } catch (failed) {
      this.#over(talk, (failed as Error).message);
    }
  }

  leave(): void {
    const { talk } = this;
    if (talk && talk.phase !== 'over') {
      this.#drop();
      this.talk = undefined;
      this.#api.leaveRoom(talk.conversationId, this.#legId).catch(() => undefined);
      this.#changes.emit();
    }
  }

  /** Takes what is shown of a room that one is out of away. */
  close(): void {
    if (this.talk?.phase === 'over') {
      this.talk = undefined;
      this.#changes.emit();
    }
  }

  mute(isMuted: boolean): void {
    this.#microphone?.getAudioTracks().forEach(track => (track.enabled = !isMuted));
    this.#tell({ isMuted });
  }

  deafen(isDeafened: boolean): void {
    this.#links?.deafen(isDeafened);
    this.#tell({ isDeafened });
  }

  async useInput(inputId: string): Promise<void> {
    const microphone = await openMicrophone(inputId).catch(() => undefined);
    const { talk } = this;
    if (microphone && talk?.phase === 'in') {
      const before = this.#microphone;
      this.#microphone = microphone;
      await this.#links?.use(microphone);
      before?.getTracks().forEach(track => track.stop());
      microphone.getAudioTracks().forEach(track => (track.enabled = !talk.isMuted));
      this.#meter?.put('me', microphone);
      this.#show(talk, { inputId });
    }
  }

  async useOutput(outputId: string): Promise<void> {
    await this.#links?.play(outputId);
    if (this.talk) {
      this.#show(this.talk, { outputId });
    }
  }

  /** For an administrator of the group. */
  async silence(conversationId: string, userId: string, isSilenced: boolean): Promise<void> {
    this.#changed(await this.#api.silence(conversationId, userId, isSilenced));
  }

  on(event: ChatEvent): void {
    if (event.type === 'roomSignal') {
      if (event.conversationId === this.talk?.conversationId && event.legId === this.#legId) {
        this.#links?.take([event.told], false);
      }
    } else if (event.type === 'room') {
      this.#changed(event.room);
    } else if (event.type === 'rooms') {
      this.#are(event.rooms);
    } else if (event.type === 'entry') {
      if (event.entry.kind === 'members' && event.entry.conversationId === this.talk?.conversationId) {
        // Perhaps it is this user who was put out of the group: the server says.
        this.#renewedAt = 0;
      }
    } else if (event.type === 'connection' && event.state === 'live') {
      // What has changed while nobody told this page.
      void this.#api.rooms().then(rooms => this.#are(rooms), () => undefined);
      this.#renewedAt = 0;
    }
  }

  async #enter(talk: RoomTalk): Promise<void> {
    const legId = newId();
    this.#legId = legId;
    this.#joinedAt = Date.now();
    const { room, ice } = await this.#api.joinRoom(talk.conversationId, { legId, muted: talk.isMuted, deafened: talk.isDeafened });
    if (this.talk !== talk || this.#legId !== legId) {
      // Left meanwhile.
      this.#api.leaveRoom(talk.conversationId, legId).catch(() => undefined);
      return;
    }
    this.#links?.close();
    this.#links = new RoomLinks(
      { ice: ice ?? { iceServers: [], relayOnly: false }, microphone: this.#microphone!, legId, isDeafened: talk.isDeafened, outputId: talk.outputId },
      {
        tell: (epoch: number, to: string | undefined, signal: CallSignal) => this.#api.signalRoom(talk.conversationId, { legId, to, epoch, signal }),
        ice: (): Promise<IceInfo> => this.#api.roomIce(talk.conversationId),
        changed: () => this.#changes.emit(),
      });
    talk.phase = 'in';
    talk.isDirect = !ice?.relayOnly && room.mode === 'mesh';
    clearInterval(this.#looking);
    this.#renewedAt = Date.now();
    this.#looking = setInterval(() => this.#look(talk), LOOK);
    this.#changed(room);
    this.#ask(talk);
  }

  #are(rooms: readonly Room[]): void {
    for (const [id, room] of this.#rooms) {
      if (!rooms.some(one => one.conversationId === id) && !this.isIn(id)) {
        this.#rooms.set(id, { ...room, participants: [] });
      }
    }
    rooms.forEach(room => this.#changed(room));
    this.#changes.emit();
  }

  #changed(room: Room): void {
    const known = this.#rooms.get(room.conversationId);
    if (known && known.version > room.version) {
      return;
    }
    this.#rooms.set(room.conversationId, room);
    const { talk } = this;
    if (talk?.phase === 'in' && talk.conversationId === room.conversationId) {
      if (room.participants.some(one => one.legId === this.#legId)) {
        talk.isDirect = talk.isDirect && room.mode === 'mesh';
        this.#links?.follow(room);
      } else if (room.participants.some(one => one.userId === this.#me())) {
        this.#over(talk, 'You are in the voice room on another device.');
      } else {
        this.#rejoin(talk);
      }
    }
    this.#changes.emit();
  }

  /** Out of it, as after a network that was away for long. */
  #rejoin(talk: RoomTalk): void {
    if (Date.now() - this.#joinedAt < REJOIN_APART) {
      this.#over(talk, 'You are no longer in the voice room.');
      return;
    }
    this.#enter(talk).catch(failed => {
      if (failed instanceof ChatProblem && !failed.problem.retryable) {
        this.#over(talk, failed.problem.code === 'not_found' ? 'You are no longer in this group.' : failed.message);
      }
    });
  }

  #look(talk: RoomTalk): void {
    const now = Date.now();
    const speaks = !talk.isMuted && (this.#meter?.speaks('me') ?? false);
    if (now - this.#renewedAt >= this.#renewEvery || (speaks !== this.#speaks && now - this.#renewedAt >= SPEAK_EVERY)) {
      this.#renew(talk, speaks);
    }
    // Frames may be lost, and who polls gets none: the server has what this end was told.
    if (now - this.#askedAt >= (this.#links?.isWhole ? this.#renewEvery : ASK_EVERY)) {
      this.#ask(talk);
    }
  }

  #renew(talk: RoomTalk, speaking: boolean): void {
    this.#renewedAt = Date.now();
    this.#speaks = speaking;
    const legId = this.#legId;
    this.#api.renewRoom(talk.conversationId, { legId, muted: talk.isMuted, deafened: talk.isDeafened, speaking }).then(room => this.#changed(room), failed => {
      if (failed instanceof ChatProblem && failed.problem.code === 'not_found' && this.talk === talk && this.#legId === legId) {
        this.#rejoin(talk);
      }
    });
  }

  #ask(talk: RoomTalk): void {
    this.#askedAt = Date.now();
    const [legId, links] = [this.#legId, this.#links];
    this.#api.room(talk.conversationId, legId, links?.after).then(({ room, signals }) => {
      if (this.#legId === legId && this.talk === talk) {
        if (room) {
          this.#changed(room);
        }
        links?.take(signals as RoomSignal[], true);
      }
    }, () => undefined);
  }

  #tell(change: Partial<RoomTalk>): void {
    const { talk } = this;
    if (talk) {
      this.#show(talk, change);
      if (talk.phase === 'in') {
        this.#renew(talk, this.#speaks && !talk.isMuted);
      }
    }
  }

  #over(talk: RoomTalk, note: string): void {
    if (this.talk === talk) {
      this.#drop();
      talk.phase = 'over';
      talk.note = note;
      setTimeout(() => this.talk === talk && this.close(), 3 * SHOW_OVER);
      this.#changes.emit();
    }
  }

  #drop(): void {
    clearInterval(this.#looking);
    this.#links?.close();
    this.#meter?.close();
    this.#microphone?.getTracks().forEach(track => track.stop());
    this.#links = this.#meter = this.#microphone = undefined;
    this.#speaks = false;
  }

  #show(talk: RoomTalk, change: Partial<RoomTalk>): void {
    Object.assign(talk, change);
    this.#changes.emit();
  }
}
