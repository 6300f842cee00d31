// What the worker has to know when nothing else of the client is there. The page tells it by messages and reads none of it, so nobody else has to know this form.
import type { Session } from './messages.ts';

const VALUES = 'values';
const MOST_PUSHES = 200;

let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('mc.push', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(VALUES);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** Reads a value and writes what is made of it, in one step. A browser that keeps nothing still shows pushes: it only forgets what it has shown. */
async function change<T>(key: string, make: (now: T | undefined) => T | undefined): Promise<T | undefined> {
  try {
    const values = (await database()).transaction(VALUES, 'readwrite').objectStore(VALUES);
    return await new Promise<T | undefined>((resolve, reject) => {
      const read = values.get(key);
      read.onerror = () => reject(read.error);
      read.onsuccess = () => {
        const before = read.result as T | undefined;
        const after = make(before);
        if (after === undefined) {
          values.delete(key);
        } else if (after !== before) {
          values.put(after, key);
        }
        resolve(before);
      };
    });
  } catch {
    opened = undefined;
    return make(undefined);
  }
}

export const readSession = () => change<Session>('session', now => now);

/** Another user's notifications are none of this one's business. */
export async function keepSession(session: Session | undefined): Promise<void> {
  const before = await change<Session>('session', () => session);
  if (before?.userId !== session?.userId) {
    await change('read', () => undefined);
    await change('pushes', () => undefined);
  }
}

/** Notes a push; false: it came before. */
export async function isNew(id: string): Promise<boolean> {
  const before = await change<string[]>('pushes', (now = []) => (now.includes(id) ? now : [...now, id].slice(-MOST_PUSHES)));
  return !before?.includes(id);
}

/** Up to which seq a conversation is known to be read. */
export async function readUpTo(conversationId: string): Promise<number> {
  return (await change<Record<string, number>>('read', now => now ?? {}))?.[conversationId] ?? 0;
}

export async function noteRead(conversationId: string, seq: number): Promise<void> {
  await change<Record<string, number>>('read', (now = {}) => ({ ...now, [conversationId]: Math.max(seq, now[conversationId] ?? 0) }));
}
