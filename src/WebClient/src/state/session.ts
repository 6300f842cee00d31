import { ChatApi, type Device, type SignedIn, type User } from '../../sdk/src/index.ts';
import { keep } from './storage.ts';

export interface SavedSession { token: string; user: User }

const SESSION = 'mc.session';
const DEVICES = 'mc.devices';

export const origin = location.origin;
export const anonymous = new ChatApi(origin);

export function savedSession(): SavedSession | undefined {
  const saved = keep.get<SavedSession>(SESSION);
  return saved?.token && saved.user?.id ? saved : undefined;
}

export function saveSession({ session, user }: SignedIn): SavedSession {
  const saved = { token: session.token, user };
  keep.set(SESSION, saved);
  keep.set(DEVICES, { ...keep.get<Record<string, string>>(DEVICES), [user.name.toLowerCase()]: session.deviceId });
  return saved;
}

export function forgetSession(): void {
  keep.remove(SESSION);
}

/** This browser as a device of that user: the same one at each log-in. */
export function device(name: string): Device {
  const id = keep.get<Record<string, string>>(DEVICES)?.[name.toLowerCase()];
  const browser = /Firefox|Edg|Chrome|Safari/.exec(navigator.userAgent)?.[0]?.replace('Edg', 'Edge') ?? 'Browser';
  return { ...(id ? { id } : {}), name: browser, platform: 'web' };
}

/** Another tab has logged in or out. */
export function onSessionChange(changed: () => void): () => void {
  const listener = (event: StorageEvent) => {
    if (event.key === SESSION || event.key === null) {
      changed();
    }
  };
  addEventListener('storage', listener);
  return () => removeEventListener('storage', listener);
}
