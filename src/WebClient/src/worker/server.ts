import type { Payload } from './payload.ts';
import { readSession } from './memory.ts';

async function ask<T>(method: string, path: string, body?: unknown, isOpen = false): Promise<T | undefined> {
  const session = isOpen ? undefined : await readSession();
  if (!session && !isOpen) {
    return undefined;
  }
  const headers = { ...(session ? { Authorization: `Bearer ${session.token}` } : {}), ...(body ? { 'Content-Type': 'application/json' } : {}) };
  const answer = await fetch(`/api/v1/${path}`, { method, headers, body: body ? JSON.stringify(body) : undefined, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(10_000) });
  const text = answer.ok ? await answer.text() : '';
  return text ? (JSON.parse(text) as T) : undefined;
}

/** Says that a push was shown, for the trace. */
export const confirm = ({ id, receipt }: Payload) => (receipt ? ask('POST', 'push/shown', { id, receipt }, true).catch(() => undefined) : Promise.resolve(undefined));

export const serverKey = async () => (await ask<{ webPushKey: string }>('GET', 'push/keys'))?.webPushKey;
export const register = (subscription: PushSubscription, name: string) => ask('POST', 'me/push/subscriptions', { ...subscription.toJSON(), expirationTime: undefined, name });

interface Conversation { kind: string; title?: string; me: { read: number } }
interface Entries { entries: { seq: number; kind: string; senderId: string; body?: { text?: string }; isDeleted?: boolean }[] }

/** What a push leaves out that says nothing but which message it is; undefined: the message need not be shown, for it is read or deleted. */
export async function fetchRest(push: Payload): Promise<Payload | undefined> {
  try {
    const [conversation, page] = await Promise.all([
      ask<Conversation>('GET', `conversations/${push.conversationId}`), ask<Entries>('GET', `conversations/${push.conversationId}/messages?after=${push.seq! - 1}&limit=1`)]);
    const entry = page?.entries.find(one => one.seq === push.seq);
    if (conversation && (conversation.me.read >= push.seq! || entry?.isDeleted)) {
      return undefined;
    }
    if (!conversation || !entry?.body?.text) {
      return push;
    }
    const sender = await ask<{ id: string; displayName: string }>('GET', `users/${entry.senderId}`);
    return sender ? { ...push, conversationKind: conversation.kind, title: conversation.title, sender: { id: sender.id, name: sender.displayName }, text: entry.body.text } : push;
  } catch {
    // Without the server it is told that there is something.
    return push;
  }
}
