import { afterEach, beforeEach, expect, test, vi } from 'vitest';

// What no browser lets a test do: its own clicks, a subscription that it gives up, a badge on an icon that is installed. The handlers are the worker's, the browser around them is not.
let session: { token: string; userId: string } | undefined;
vi.mock('../src/worker/memory.ts', () => ({
  isNew: () => Promise.resolve(true), readUpTo: () => Promise.resolve(0), noteRead: () => Promise.resolve(), readSession: () => Promise.resolve(session),
  keepSession: (next: typeof session) => Promise.resolve(void (session = next)),
}));

const CONVERSATION = '0b7f5a0e-5a3c-4f0e-9d1b-2f6f6f1f7c11';
type Handler = (event: Record<string, unknown>) => void;
interface Page { url: string; focused: boolean; visibilityState: string; postMessage: ReturnType<typeof vi.fn>; focus: ReturnType<typeof vi.fn> }

const handlers = new Map<string, Handler>();
let pages: Page[], shown: { close: ReturnType<typeof vi.fn>; data?: unknown }[], asked: { path: string; method: string; body: unknown; authorization: unknown }[];
const openWindow = vi.fn(), subscribe = vi.fn(), setAppBadge = vi.fn(), clearAppBadge = vi.fn();

beforeEach(async () => {
  [pages, shown, asked, session] = [[], [], [], { token: 'secret', userId: 'u' }];
  for (const mock of [openWindow, subscribe, setAppBadge, clearAppBadge]) {
    mock.mockReset().mockResolvedValue(undefined);
  }
  subscribe.mockResolvedValue(subscription('https://push.example.org/new'));
  vi.stubGlobal('self', {
    addEventListener: (type: string, handler: Handler) => handlers.set(type, handler), skipWaiting: vi.fn(),
    clients: { matchAll: () => Promise.resolve(pages), openWindow, claim: vi.fn() },
    registration: { getNotifications: () => Promise.resolve(shown), showNotification: vi.fn(), pushManager: { subscribe } }, navigator: { setAppBadge, clearAppBadge },
  });
  vi.stubGlobal('fetch', (path: string, { method, body, headers }: { method: string; body?: string; headers: Record<string, string> }) => {
    asked.push({ path, method, body: body && JSON.parse(body), authorization: headers['Authorization'] });
    return Promise.resolve(new Response(path.endsWith('push/keys') ? '{"kinds": ["webpush"], "webPushKey": "key-of-today"}' : '{}'));
  });
  vi.resetModules();
  await import('../src/worker/worker.ts');
});

afterEach(() => vi.unstubAllGlobals());

/** What the browser does: it waits for what the handler asks it to wait for. */
async function happens(type: string, event: Record<string, unknown>): Promise<void> {
  const waits: Promise<unknown>[] = [];
  handlers.get(type)!({ ...event, waitUntil: (what: Promise<unknown>) => waits.push(what) });
  await Promise.all(waits);
}

const subscription = (endpoint: string) => ({ toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh: 'p', auth: 'a' } }) });
const page = (more: Partial<Page> = {}): Page => ({ url: 'https://chat.example.org/#/', focused: false, visibilityState: 'hidden', postMessage: vi.fn(), focus: vi.fn().mockResolvedValue(undefined), ...more });
const click = (conversationId?: string) => happens('notificationclick', { notification: { close: vi.fn(), data: conversationId && { conversationId, seq: 3 } } });

test('a click opens a window with the conversation where there is none', async () => {
  await click(CONVERSATION);
  expect(openWindow.mock.calls).toEqual([[`/#/c/${CONVERSATION}`]]);
  await click();
  expect(openWindow.mock.lastCall).toEqual(['/']);
});

test('a click has the window that is used most show the conversation, and no page that is not the app', async () => {
  const [other, hidden, visible] = [page({ url: 'https://chat.example.org/api/docs', focused: true, visibilityState: 'visible' }), page(), page({ visibilityState: 'visible' })];
  pages = [other, hidden, visible];
  await click(CONVERSATION);
  expect(visible.postMessage.mock.calls).toEqual([[{ type: 'open', conversationId: CONVERSATION }]]);
  expect(visible.focus).toHaveBeenCalledOnce();
  expect([other, hidden].flatMap(one => [...one.postMessage.mock.calls, ...one.focus.mock.calls])).toEqual([]);
  expect(openWindow).not.toHaveBeenCalled();

  // It shows the conversation even where the system keeps the window behind others.
  visible.focus.mockRejectedValue(new DOMException('', 'InvalidAccessError'));
  await click(CONVERSATION);
  expect(visible.postMessage).toHaveBeenCalledTimes(2);

  pages = [other];
  await click(CONVERSATION);
  expect(openWindow.mock.calls).toEqual([[`/#/c/${CONVERSATION}`]]);
});

test('a subscription that the browser gives up is made anew with the key of today, and the server is told', async () => {
  await happens('pushsubscriptionchange', {});
  expect(subscribe.mock.calls).toEqual([[{ userVisibleOnly: true, applicationServerKey: 'key-of-today' }]]);
  expect(asked.at(-1)).toMatchObject({
    path: '/api/v1/me/push/subscriptions', method: 'POST', authorization: 'Bearer secret', body: { endpoint: 'https://push.example.org/new', keys: { p256dh: 'p', auth: 'a' }, name: 'Browser' },
  });

  // A browser that has made one itself has made it with the old key, which is the same one but for a server that has lost its keys.
  await happens('pushsubscriptionchange', { newSubscription: subscription('https://push.example.org/its-own') });
  expect(subscribe).toHaveBeenCalledOnce();
  expect(asked.at(-1)?.body).toMatchObject({ endpoint: 'https://push.example.org/its-own' });

  // Who is signed out is told nothing, and makes nothing anew.
  session = undefined;
  asked = [];
  await happens('pushsubscriptionchange', {});
  expect([asked, subscribe.mock.calls.length]).toEqual([[], 1]);
});

test('the icon says how many messages are unread, until none is or nobody is signed in', async () => {
  const push = (data: object) => happens('push', { data: { json: () => data } });
  await push({ id: '1', kind: 'message', conversationId: CONVERSATION, seq: 1, unread: 3, sender: { id: 'a', name: 'Alice' }, text: 'hi' });
  expect(setAppBadge.mock.calls).toEqual([[3]]);
  await push({ id: '2', kind: 'call', conversationId: CONVERSATION, callId: 'c' });
  await push({ id: '3', kind: 'read', conversationId: CONVERSATION, seq: 1, unread: 0 });
  expect([setAppBadge.mock.calls.length, clearAppBadge.mock.calls.length]).toEqual([1, 1]);
  // What is no push of ours shows nothing and breaks nothing.
  await happens('push', { data: null });
  await happens('push', { data: { json: () => JSON.parse('nonsense') as unknown } });

  const one = { close: vi.fn() };
  shown = [one];
  await happens('message', { data: { type: 'session', session: undefined } });
  expect(one.close).toHaveBeenCalledOnce();
  expect(clearAppBadge).toHaveBeenCalledTimes(2);
});
