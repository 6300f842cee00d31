import type { ConversationFold, Entry, KeepRule, Member } from '../../sdk/src/index.ts';
import type { ChatModel } from './chatModel.ts';

export function otherId(fold: ConversationFold): string | undefined {
  return fold.state.members?.find(member => member.userId !== fold.me)?.userId;
}

export function titleOf(model: ChatModel, fold: ConversationFold): string {
  switch (fold.state.kind) {
    case 'self': return 'Notes to self';
    case 'direct': return model.people.name(otherId(fold) ?? '');
    default: return fold.state.title ?? 'Group';
  }
}

/** What the list shows: newest first; a direct conversation only once something was said in it. */
export function listed(model: ChatModel, openId: string | undefined): ConversationFold[] {
  return model.client.conversations
    .filter(fold => fold.state.kind === 'group' || fold.state.id === openId || fold.timeline.some(isTalk) || fold.gaps.length > 0 || model.pending(fold.state.id).length > 0)
    .sort((one, other) => lastAt(model, other).localeCompare(lastAt(model, one)));
}

function lastAt(model: ChatModel, fold: ConversationFold): string {
  const pending = model.pending(fold.state.id).at(-1)?.at;
  const last = fold.timeline.findLast(entry => entry.kind !== 'signal')?.at ?? '';
  return pending && pending > last ? pending : last;
}

export function lastTime(fold: ConversationFold): string | undefined {
  return fold.timeline.findLast(entry => entry.kind !== 'signal')?.at;
}

/** The last line, as the list shows it. */
export function preview(model: ChatModel, fold: ConversationFold): string {
  const pending = model.pending(fold.state.id).findLast(send => send.action === 'send');
  if (pending) {
    return `You: ${pending.text}`;
  }
  const entry = fold.timeline.findLast(one => one.kind !== 'signal');
  if (!entry) {
    return '';
  }
  if (entry.kind !== 'message') {
    return happened(model, entry);
  }
  const who = entry.senderId === model.me ? 'You: ' : fold.state.kind === 'group' ? `${model.people.name(entry.senderId)}: ` : '';
  return who + (entry.isDeleted ? 'Message deleted' : entry.body?.text ?? '');
}

/** An entry that is no message, in words. */
export function happened(model: ChatModel, { kind, senderId, body, conversationId }: Entry): string {
  const name = (id: string) => (id === model.me ? 'you' : model.people.name(id));
  const who = senderId === model.me ? 'You' : model.people.name(senderId);
  const whom = (body?.userIds ?? []).map(name).join(', ');
  switch (kind) {
    case 'created': return body?.kind === 'group' ? `${who} created the group` : 'The conversation begins here';
    case 'settings':
      return body?.title ? `${who} renamed the group to “${body.title}”`
        : body?.keep ? `${who} changed how long messages are kept. ${keptText(body.keep)}` : `${who} changed what new members see`;
    case 'members':
      switch (body?.action) {
        case 'added': return `${who} added ${whom}`;
        case 'invited': return `${who} invited ${whom}`;
        case 'joined': return `${who} joined`;
        case 'left': return `${who} left`;
        case 'removed': return `${who} removed ${whom}`;
        default: return `${who} made ${whom} ${body?.role ?? 'member'}`;
      }
    case 'call':
      return model.client.find(conversationId)?.state.kind === 'group' ? talkedIn(who, body) : called(who, senderId === model.me, body);
    default: return '';
  }
}

function called(who: string, isMine: boolean, body: Entry['body']): string {
  switch (body?.event) {
    case 'started': return `${who} called`;
    case 'ended': return `${who} called · ${lasted(body.seconds ?? 0)}`;
    case 'declined': return isMine ? 'Your call was declined' : `You declined a call by ${who}`;
    case 'busy': return isMine ? 'You called · busy' : `${who} called while you were in another call`;
    default: return isMine ? 'You called · no answer' : `Missed call by ${who}`;
  }
}

function talkedIn(who: string, body: Entry['body']): string {
  return body?.event === 'started' ? `${who} opened the voice room` : `Voice room · ${lasted(body?.seconds ?? 0)}`;
}

/** 1:02:03, or 2:03. */
export function lasted(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, i) => (i ? String(part).padStart(2, '0') : String(part))).join(':');
}

/** How long the owner has messages kept, in words. */
export function keptText({ days, count }: KeepRule): string {
  const time = days ? `for ${days === 1 ? 'one day' : `${days} days`}` : '';
  const newest = count ? `only the newest ${count}` : '';
  return `Messages are kept${time || newest ? ` ${[time, newest].filter(Boolean).join(', ')}` : ''}.`;
}

export function mayManage(fold: ConversationFold): boolean {
  return fold.state.kind === 'group' && (fold.state.me.role === 'owner' || fold.state.me.role === 'administrator');
}

export function mayWrite(fold: ConversationFold): boolean {
  return fold.state.me.role !== 'none' && fold.state.me.role !== 'invited';
}

/** How far everybody else is with a message of one's own. */
export function progress(members: readonly Member[] | undefined, me: string, seq: number): 'sent' | 'delivered' | 'read' {
  const others = members?.filter(member => member.userId !== me && member.role !== 'invited') ?? [];
  if (others.length === 0) {
    return 'sent';
  }
  return others.every(member => (member.read ?? 0) >= seq) ? 'read' : others.every(member => (member.delivered ?? 0) >= seq) ? 'delivered' : 'sent';
}

const isTalk = (entry: Entry) => entry.kind === 'message' || entry.kind === 'call';
