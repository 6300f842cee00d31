import type { ConnectionState, Listener } from './events.ts';
import type { Entry } from './types.ts';

interface Source { readonly state: ConnectionState; on(listener: Listener): () => void }

/** Begins to listen at once, and not at the first read: what comes between the two is not lost. */
export function readEntries(source: Source): AsyncGenerator<Entry> {
  const waiting: Entry[] = [];
  const isEnd = (state: ConnectionState) => state === 'closed' || state === 'refused';
  let isOver = isEnd(source.state);
  let wake: () => void = () => undefined;
  const off = source.on(event => {
    if (event.type === 'entry') {
      waiting.push(event.entry);
    } else if (event.type === 'connection') {
      isOver = isEnd(event.state);
    }
    wake();
  });
  return read();

  async function* read(): AsyncGenerator<Entry> {
    try {
      while (!isOver || waiting.length > 0) {
        const entry = waiting.shift();
        if (entry) {
          yield entry;
        } else {
          await new Promise<void>(resolve => (wake = resolve));
        }
      }
    } finally {
      off();
    }
  }
}
