import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ChatApi, Draft } from '../sdk/src/index.ts';
import { Drafts } from '../src/state/drafts.ts';
import { Notifier } from '../src/state/notifier.ts';

/** The server's drafts, and two devices' view of them. */
class Server {
  drafts = new Map<string, Draft>();
  version = 0;
  api = {
    drafts: async () => ({ version: this.version, drafts: [...this.drafts.values()] }),
    putDraft: async (conversationId: string, draft: { text: string; clientMessageId?: string }) => {
      this.drafts.set(conversationId, { conversationId, at: '2026-01-01T00:00:00Z', ...draft });
      return { version: ++this.version };
    },
    deleteDraft: async (conversationId: string, clientMessageId?: string) => {
      if (!clientMessageId || this.drafts.get(conversationId)?.clientMessageId === clientMessageId) {
        this.drafts.delete(conversationId);
        this.version++;
      }
    },
  } as unknown as ChatApi;
}

let server: Server;
// Each device keeps what it has synced under its own name.
const device = (name: string, isSent: (draft: Draft) => boolean = () => false) => new Drafts(server.api, new Notifier(), name, isSent);

describe('drafts', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    localStorage.clear();
    server = new Server();
  });

  test('what is written on one device is taken over on another where nothing was written', async () => {
    const [phone, desk] = [device('phone'), device('desk')];
    await desk.newer(0);
    phone.typed('c', 'dear');
    phone.typed('c', 'dear bo');
    await vi.advanceTimersByTimeAsync(2500);
    expect(server.version).toBe(1);
    await desk.newer(1);
    expect(desk.adopt('c', '')).toBe('dear bo');
    expect(desk.adopt('c', 'dear bo')).toBeUndefined();
  });

  test('what was written here since stays', async () => {
    const [phone, desk] = [device('phone'), device('desk')];
    await desk.newer(0);
    phone.typed('c', 'dear bo');
    await vi.advanceTimersByTimeAsync(2500);
    await desk.newer(1);
    expect(desk.adopt('c', 'my own words')).toBeUndefined();
  });

  test('sending ends it everywhere, and it does not come back meanwhile', async () => {
    const [phone, desk] = [device('phone'), device('desk')];
    await phone.newer(0);
    await desk.newer(0);
    phone.typed('c', 'dear bo');
    await vi.advanceTimersByTimeAsync(2500);
    await desk.newer(1);
    expect(desk.adopt('c', '')).toBe('dear bo');
    const id = phone.take('c');
    expect(phone.adopt('c', '')).toBeUndefined();
    await phone.newer(server.version);
    expect(phone.adopt('c', '')).toBeUndefined();
    phone.sent(id);
    await vi.advanceTimersByTimeAsync(0);
    expect(server.drafts.size).toBe(0);
    await desk.newer(server.version);
    expect(desk.adopt('c', 'dear bo')).toBe('');
    expect(phone.take('c')).not.toBe(id);
  });

  test('a device that died before it deleted what it sent: another one does', async () => {
    const phone = device('phone');
    phone.typed('c', 'dear bo');
    await vi.advanceTimersByTimeAsync(2500);
    const desk = device('desk', draft => draft.text === 'dear bo');
    await desk.newer(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(server.drafts.size).toBe(0);
    expect(desk.adopt('c', '')).toBeUndefined();
  });

  test('an emptied text takes the draft away', async () => {
    const phone = device('phone');
    phone.typed('c', 'dear');
    await vi.advanceTimersByTimeAsync(2500);
    phone.typed('c', '');
    await vi.advanceTimersByTimeAsync(2500);
    expect(server.drafts.size).toBe(0);
  });
});
