import type { CallSignal, IceInfo, Room, RoomSignal } from '../../sdk/src/index.ts';
import { Peer } from './peer.ts';

export interface Own { ice: IceInfo; microphone: MediaStream; legId: string; isDeafened: boolean; outputId?: string }
export interface RoomWire { tell(epoch: number, to: string | undefined, signal: CallSignal): Promise<unknown>; ice(): Promise<IceInfo>; changed(): void }

interface Link { peer: Peer; speaker: HTMLAudioElement; isUp: boolean }

/** The mixer's place among the ends. */
const MIXER = '';

/** The sound of a voice room: a peer connection to each other end, or one to the mixer. Follows what the server says of the room. */
export class RoomLinks {
  readonly #own: Own;
  readonly #wire: RoomWire;
  readonly #links = new Map<string, Link>();
  readonly #restarted = new Set<number>();
  #early: RoomSignal[] = [];
  #epoch = 0;
  #after = 0;
  #wanted = 0;
  #silenced = new Set<string>();

  constructor(own: Own, wire: RoomWire) {
    this.#own = own;
    this.#wire = wire;
  }

  /** Up to which number nothing can have been missed: frames may be lost, what was asked for is whole. */
  get after(): number {
    return this.#after;
  }

  get linked(): number {
    return [...this.#links.values()].filter(link => link.isUp).length;
  }

  /** Whether there is sound to all ends. */
  get isWhole(): boolean {
    return this.linked >= this.#wanted;
  }

  follow(room: Room): void {
    if (room.epoch !== this.#epoch) {
      this.#epoch = room.epoch;
      this.#hangUp([...this.#links.keys()]);
    }
    const mine = room.participants.findIndex(one => one.legId === this.#own.legId);
    // Of two, who came later offers; to a mixer everybody does.
    const ends = new Map(room.mode === 'mixed' ? [[MIXER, true]] : room.participants.flatMap((one, i) => (i === mine ? [] : [[one.legId, mine > i] as const])));
    this.#wanted = ends.size;
    this.#hangUp([...this.#links.keys()].filter(end => !ends.has(end)));
    for (const [end, offers] of ends) {
      if (!this.#links.has(end)) {
        this.#link(end, offers);
      }
    }
    this.#silenced = new Set(room.participants.filter(one => one.silenced).map(one => one.legId));
    this.#links.forEach((link, end) => (link.speaker.muted = this.#isSilent(end)));
    this.take(this.#early.splice(0), false);
  }

  take(signals: readonly RoomSignal[], isAsked: boolean): void {
    for (const told of signals) {
      if (isAsked) {
        this.#after = Math.max(this.#after, told.number);
      }
      const from = told.from ?? MIXER;
      const link = told.epoch === this.#epoch ? this.#links.get(from) : undefined;
      if (link && from === MIXER && told.signal.kind === 'restart') {
        if (!this.#restarted.has(told.number)) {
          this.#restarted.add(told.number);
          this.#anew();
        }
      } else if (link) {
        link.peer.take([told], false);
      } else if (told.epoch >= this.#epoch && !this.#early.some(one => one.number === told.number)) {
        // Of an end, or a time, that this page has not been told of yet.
        this.#early.push(told);
      }
    }
  }

  restart(): void {
    this.#links.forEach(link => link.peer.restart());
  }

  deafen(isDeafened: boolean): void {
    this.#own.isDeafened = isDeafened;
    this.#links.forEach((link, end) => (link.speaker.muted = this.#isSilent(end)));
  }

  async use(microphone: MediaStream): Promise<void> {
    this.#own.microphone = microphone;
    await Promise.all([...this.#links.values()].map(link => link.peer.use(microphone)));
  }

  async play(outputId: string): Promise<void> {
    this.#own.outputId = outputId;
    await Promise.all([...this.#links.values()].map(link => link.speaker.setSinkId?.(outputId).catch(() => undefined)));
  }

  close(): void {
    this.#hangUp([...this.#links.keys()]);
  }

  #link(end: string, offers: boolean): void {
    const epoch = this.#epoch;
    const speaker = new Audio();
    speaker.muted = this.#isSilent(end);
    if (this.#own.outputId) {
      void speaker.setSinkId?.(this.#own.outputId).catch(() => undefined);
    }
    const wire = { tell: (signal: CallSignal) => this.#wire.tell(epoch, end || undefined, signal), ice: () => this.#wire.ice() };
    const peer = new Peer(wire, offers, this.#own.ice, this.#own.microphone, {
      state: state => {
        const link = this.#links.get(end);
        if (link?.peer !== peer) {
          return;
        }
        link.isUp = state === 'connected';
        if (state === 'failed' && end === MIXER) {
          // The mixer is told first that another connection comes.
          void wire.tell({ kind: 'restart' }).then(() => this.#anew(), () => this.#anew());
        }
        this.#wire.changed();
      },
      heard: stream => {
        speaker.srcObject = stream;
        void speaker.play().catch(() => undefined);
      },
    });
    this.#links.set(end, { peer, speaker, isUp: false });
  }

  /** Another connection to the mixer, whose end of this one is lost. */
  #anew(): void {
    if (this.#links.has(MIXER)) {
      this.#hangUp([MIXER]);
      this.#link(MIXER, true);
    }
  }

  #hangUp(ends: readonly string[]): void {
    for (const end of ends) {
      const link = this.#links.get(end)!;
      this.#links.delete(end);
      link.peer.close();
      link.speaker.srcObject = null;
    }
  }

  #isSilent(end: string): boolean {
    return this.#own.isDeafened || this.#silenced.has(end);
  }
}
