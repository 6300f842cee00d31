/// <reference lib="webworker" />
import { isNew, keepSession, noteRead, readUpTo } from './memory.ts';
import type { FromPage, ToPage } from './messages.ts';
import { wordsOf, type Payload } from './payload.ts';
import { confirm, fetchRest, register, serverKey } from './server.ts';

// Shows pushes. It answers no request of the page and keeps nothing of the app, so an old worker never serves old code; a new one takes over at once.
declare const self: ServiceWorkerGlobalScope;

/** What a notification remembers of what it shows. */
interface Remembered { conversationId?: string; seq?: number }

const ICON = '/icon-192.png';
const APP = ['/', '/index.html'];
const ANSWER_WITHIN = 500;
const TAKEN_BACK_AFTER = 1_500;

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()));

self.addEventListener('push', event => event.waitUntil(pushed(event.data)));

self.addEventListener('message', event => event.waitUntil(told(event.data as FromPage)));

self.addEventListener('notificationclick', event => {
  event.notification.close();
  event.waitUntil(open((event.notification.data as Remembered | null)?.conversationId));
});

self.addEventListener('pushsubscriptionchange', event => event.waitUntil(renew(event as Event & { oldSubscription?: PushSubscription; newSubscription?: PushSubscription })));

async function pushed(data: PushMessageData | null): Promise<void> {
  let push: Payload;
  try {
    push = data!.json() as Payload;
  } catch {
    return;
  }
  await badge(push.unread);
  if (push.kind === 'read') {
    await takeBack(push.conversationId!, push.seq ?? 0, true);
  } else if (push.kind === 'callEnded') {
    await withdraw(one => one.tag === callTag(push), true);
  } else if (push.kind === 'message' || push.kind === 'call' || push.kind === 'test') {
    await show(push);
  }
}

async function show(push: Payload): Promise<void> {
  const { conversationId, seq } = push;
  if (!await isNew(push.id) || (conversationId && seq && seq <= await readUpTo(conversationId)) || (conversationId && await isLookedAt(push))) {
    return;
  }
  const whole = push.kind === 'message' && !push.sender ? await fetchRest(push) : push;
  if (!whole) {
    return;
  }
  const tag = push.kind === 'call' ? callTag(push) : conversationId ?? push.kind;
  const [before] = await self.registration.getNotifications({ tag });
  const { title, body } = wordsOf(whole, before !== undefined);
  // A later push of a conversation takes the place of the one before, and is heard all the same.
  await self.registration.showNotification(title, {
    body, tag, icon: ICON, badge: ICON, data: { conversationId, seq } satisfies Remembered, renotify: true, requireInteraction: push.kind === 'call',
    timestamp: push.at ? Date.parse(push.at) : undefined,
  } as NotificationOptions);
  await confirm(push);
}

async function takeBack(conversationId: string, seq: number, isPush: boolean): Promise<void> {
  await noteRead(conversationId, seq);
  await withdraw(one => {
    const about = one.data as Remembered | null;
    return about?.conversationId === conversationId && about.seq !== undefined && about.seq <= seq;
  }, isPush);
}

/**
 * What need not stand any longer goes. A browser wants to see something for each push: what is left over stands for it, and where nothing is left, the one that goes
 * does, without a sound, for a moment longer.
 */
async function withdraw(isOver: (one: Notification) => boolean, isPush: boolean): Promise<void> {
  const all = await self.registration.getNotifications();
  const over = all.filter(isOver);
  if (!isPush || over.length < all.length) {
    over.forEach(one => one.close());
    return;
  }
  for (const one of over) {
    await self.registration.showNotification(one.title, { body: one.body, tag: one.tag, icon: ICON, badge: ICON, silent: true, data: one.data });
  }
  setTimeout(() => void withdraw(isOver, false), TAKEN_BACK_AFTER);
}

const callTag = ({ conversationId }: Payload) => `call ${conversationId}`;

/** Whether a page has the conversation before its user's eyes; a call rings in whatever page is there. */
async function isLookedAt({ kind, conversationId }: Payload): Promise<boolean> {
  const pages = (await self.clients.matchAll({ type: 'window' })).filter(page => page.visibilityState === 'visible');
  const answers = pages.map(page => new Promise<boolean>(resolve => {
    const channel = new MessageChannel();
    channel.port1.onmessage = event => resolve(event.data === true);
    page.postMessage({ type: 'look', conversationId: kind === 'call' ? undefined : conversationId } satisfies ToPage, [channel.port2]);
    setTimeout(() => resolve(false), ANSWER_WITHIN);
  }));
  return (await Promise.all(answers)).includes(true);
}

async function open(conversationId: string | undefined): Promise<void> {
  // The app's own: the server has other pages at the same address, which know of no conversation.
  const pages = (await self.clients.matchAll({ type: 'window' })).filter(one => APP.includes(new URL(one.url).pathname));
  const page = pages.find(one => one.focused) ?? pages.find(one => one.visibilityState === 'visible') ?? pages[0];
  if (!page) {
    await self.clients.openWindow(conversationId ? `/#/c/${conversationId}` : '/');
    return;
  }
  if (conversationId) {
    page.postMessage({ type: 'open', conversationId } satisfies ToPage);
  }
  // The system may refuse the focus; the page shows the conversation all the same.
  await page.focus().catch(() => undefined);
}

async function told(what: FromPage): Promise<void> {
  if (what.type === 'session') {
    await keepSession(what.session);
  } else if (what.type === 'read') {
    await takeBack(what.conversationId, what.seq, false);
  }
  if (what.type === 'session' && !what.session) {
    (await self.registration.getNotifications()).forEach(one => one.close());
    await badge(0);
  }
}

/** The browser has given the subscription up: another one, made with the server's key of today, takes its place. */
async function renew(event: { oldSubscription?: PushSubscription; newSubscription?: PushSubscription }): Promise<void> {
  const key = await serverKey();
  if (key) {
    const next = event.newSubscription ?? await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    await register(next, 'Browser');
  }
}

async function badge(count: number | undefined): Promise<void> {
  const { navigator } = self as unknown as { navigator: { setAppBadge?: (count: number) => Promise<void>; clearAppBadge?: () => Promise<void> } };
  if (count !== undefined) {
    await (count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.())?.catch(() => undefined);
  }
}
