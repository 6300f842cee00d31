import { ChatProblem } from '../problem.ts';
import type { Entry, PendingSend, Problem, Stored } from '../types.ts';

interface Item {
  send: PendingSend;
  /** The frame that carries it on the present connection; 0 when none does. */
  frameId: number;
  /** The server could not take it once: until it has, the rest waits for it. */
  wasRefused?: boolean;
  resolve(stored: Stored): void;
  reject(reason: unknown): void;
}

/**
 * What this client wants done and the server has not confirmed, in the order in which it was asked for. Everything here is sent again under
 * the same id until it is confirmed by an ack or by an own entry that carries the id, or refused for good. What was refused for now holds back
 * what was asked for after it, and goes again alone, so that nothing of one conversation overtakes it a second time.
 */
export class Outbox {
  readonly #items = new Map<string, Item>();
  readonly #inFlight: number;
  #flying = 0;
  #refused = 0;
  #pausedUntil = 0;

  constructor(inFlight: number) {
    this.#inFlight = inFlight;
  }

  get sends(): PendingSend[] {
    return [...this.#items.values()].map(item => item.send);
  }

  has(clientMessageId: string): boolean {
    return this.#items.has(clientMessageId);
  }

  /** Takes a request in; settles with what the server says. The caller then starts sending. */
  add(send: PendingSend): Promise<Stored> {
    return new Promise((resolve, reject) => this.#items.set(send.clientMessageId, { send, frameId: 0, resolve, reject }));
  }

  /** The connection is gone: nothing is in flight any more, everything goes again, in the old order. */
  lost(): void {
    this.#flying = 0;
    this.#pausedUntil = 0;
    this.#items.forEach(item => (item.frameId = 0));
  }

  /** The next request to send, or undefined when there is none, enough is in flight, or the server asked for a pause. */
  next(frameId: number, now: number): PendingSend | undefined {
    // During a pause what was overtaken has to come back first: order holds only if the rest waits.
    if (now < this.#pausedUntil || (this.#pausedUntil !== 0 && this.#flying > 0) || this.#flying >= (this.#refused > 0 ? 1 : this.#inFlight)) {
      return undefined;
    }
    this.#pausedUntil = 0;
    for (const item of this.#items.values()) {
      if (item.frameId === 0) {
        item.frameId = frameId;
        this.#flying++;
        return item.send;
      }
    }
    return undefined;
  }

  acked(frameId: number, stored: Stored): void {
    this.#finish(this.#carriedBy(frameId))?.resolve(stored);
  }

  /** An own entry has come that carries the id: it is stored, whatever became of the ack. */
  seen(entry: Entry): void {
    if (entry.clientMessageId) {
      this.#finish(this.#items.get(entry.clientMessageId))?.resolve({ conversationId: entry.conversationId, seq: entry.seq, at: entry.at });
    }
  }

  /** The server has refused the frame. For good: the request fails and is given back. For now: it waits and goes again. */
  refused(frameId: number, problem: Problem, now: number): PendingSend | undefined {
    const item = this.#carriedBy(frameId);
    if (!item) {
      return undefined;
    }
    if (!problem.retryable) {
      this.#finish(item)?.reject(new ChatProblem(problem));
      return item.send;
    }
    item.frameId = 0;
    this.#refused += item.wasRefused ? 0 : 1;
    item.wasRefused = true;
    this.#flying--;
    this.#pausedUntil = now + Math.min(60_000, Math.max(50, problem.retryAfterMs ?? 1000));
    return undefined;
  }

  /** The client is closed: whoever waits is told. The store keeps what was not confirmed. */
  abandon(reason: unknown): void {
    this.#items.forEach(item => item.reject(reason));
  }

  #carriedBy(frameId: number): Item | undefined {
    return frameId === 0 ? undefined : [...this.#items.values()].find(item => item.frameId === frameId);
  }

  #finish(item: Item | undefined): Item | undefined {
    if (!item || !this.#items.delete(item.send.clientMessageId)) {
      return undefined;
    }
    this.#flying -= item.frameId !== 0 ? 1 : 0;
    this.#refused -= item.wasRefused ? 1 : 0;
    return item;
  }
}
