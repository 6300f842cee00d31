import type { PendingSend } from './types.ts';

/**
 * Where requests that are not confirmed are kept between runs of the program. Each is kept by itself under its id, so that two programs on one
 * store (two tabs) do no harm: what both send is stored once.
 */
export interface OutboxStore {
  load(): PendingSend[];
  add(send: PendingSend): void;
  remove(clientMessageId: string): void;
}

export const noStore: OutboxStore = { load: () => [], add: () => undefined, remove: () => undefined };
