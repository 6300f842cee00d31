import type { OutboxStore, PendingSend, Problem } from '../../sdk/src/index.ts';
import { keep } from './storage.ts';

export interface FailedSend { send: PendingSend; problem: Problem }

/** What was written and is not with the server yet outlives a reload: one key each, so that two tabs do not overwrite each other. */
export class BrowserOutbox implements OutboxStore {
  readonly #pending: string;
  readonly #failed: string;

  constructor(userId: string) {
    this.#pending = `mc.outbox.${userId}.`;
    this.#failed = `mc.failed.${userId}.`;
  }

  load = () => this.#all<PendingSend>(this.#pending);
  add = (send: PendingSend) => keep.set(this.#pending + send.clientMessageId, send);
  remove = (clientMessageId: string) => keep.remove(this.#pending + clientMessageId);

  failed = () => this.#all<FailedSend>(this.#failed);
  addFailed = (failed: FailedSend) => keep.set(this.#failed + failed.send.clientMessageId, failed);
  removeFailed = (clientMessageId: string) => keep.remove(this.#failed + clientMessageId);

  #all<T>(prefix: string): T[] {
    return keep.keys(prefix).map(key => keep.get<T>(key)).filter(value => value !== undefined);
  }
}
