import type { Call, Entry, GroupPresence, Marks, NumberedSignal, PendingSend, Presence, Problem, Room, RoomSignal, SeqRange } from './types.ts';

/** connecting: opening and catching up. waiting: until the next try. refused: the server does not want this client; `problem` says why. */
export type ConnectionState = 'idle' | 'connecting' | 'live' | 'waiting' | 'refused' | 'closed';

export type ChatEvent =
  | { type: 'connection'; state: ConnectionState; problem?: Problem }
  | { type: 'entry'; entry: Entry }
  | { type: 'conversation'; conversationId: string }
  | { type: 'marks'; conversationId: string; marks: readonly Marks[] }
  | { type: 'typing'; conversationId: string; userId: string; expiresAt: number }
  | { type: 'pending'; send: PendingSend }
  | { type: 'failed'; send: PendingSend; problem: Problem }
  | { type: 'gap'; conversationId: string; gap: SeqRange }
  | { type: 'versions'; versions: Record<string, number> }
  | { type: 'presence'; users: readonly Presence[]; groups: readonly GroupPresence[] }
  | { type: 'call'; call: Call }
  | { type: 'callSignal'; callId: string; legId: string; told: NumberedSignal }
  | { type: 'room'; room: Room }
  | { type: 'rooms'; rooms: readonly Room[] }
  | { type: 'roomSignal'; conversationId: string; legId: string; told: RoomSignal }
  | { type: 'reset' };

export type Listener = (event: ChatEvent) => void;

/** Tells all listeners in order; one that throws does not stop the others. */
export class EventHub {
  readonly #listeners = new Set<Listener>();

  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: ChatEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (broken) {
        queueMicrotask(() => {
          throw broken;
        });
      }
    }
  }
}
