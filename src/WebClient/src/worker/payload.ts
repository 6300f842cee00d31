/** What a push says: section 17 of the protocol. Which fields are there depends on its kind, and on what the user lets a push say. */
export interface Payload {
  id: string; kind: string; conversationId?: string; seq?: number; callId?: string; unread?: number; at?: string; receipt?: string;
  conversationKind?: string; title?: string; sender?: { id: string; name: string }; text?: string; truncated?: boolean; mention?: boolean;
}

export interface Shown { title: string; body: string }

const NEUTRAL = 'New message';

/** The words of a notification. Without a name in it nothing is said but that there is something. */
export function wordsOf({ kind, sender, title, conversationKind, text, truncated, mention }: Payload, isMore = false): Shown {
  if (kind === 'test') {
    return { title: 'ModularChat', body: 'Notifications reach this device.' };
  }
  if (kind === 'call') {
    return { title: sender?.name ?? 'Incoming call', body: sender ? 'is calling you' : 'Open to answer' };
  }
  if (!sender) {
    return { title: 'ModularChat', body: isMore ? 'New messages' : NEUTRAL };
  }
  const isGroup = conversationKind === 'group' && !!title;
  const said = text ? text + (truncated ? '…' : '') : mention ? 'mentions you' : NEUTRAL;
  return { title: isGroup ? title : sender.name, body: isGroup ? `${sender.name}: ${said}` : said };
}
