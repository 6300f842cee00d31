import type { ConversationState, Entry, Marks, Member, Role, SeqRange } from '../types.ts';

// How entries and newer states change what is known of a conversation's title, members and own side.

/** A state from the server takes the place of the known one, part by part, wherever it is not older. */
export function replaced(known: ConversationState, state: ConversationState): ConversationState {
  const head = Math.max(known.head, state.head);
  if (state.stateSeq < known.stateSeq) {
    return { ...known, head };
  }
  // A former member is told neither title nor settings: what was known at the end stays.
  const kept = state.me.role === 'none' ? { title: state.title ?? known.title, history: state.history ?? known.history, keep: state.keep ?? known.keep } : {};
  return { ...state, ...kept, head, me: known.me, members: merged(state.members, known.members) };
}

export function withSettings(state: ConversationState, entry: Entry): ConversationState {
  const keep = entry.body?.keep;
  return {
    ...state, title: entry.body?.title ?? state.title, history: entry.body?.history ?? state.history,
    keep: !keep ? state.keep : keep.days || keep.count ? keep : undefined, stateSeq: entry.seq,
  };
}

export function withMembers(state: ConversationState, entry: Entry, me: string): ConversationState {
  const body = entry.body;
  if (!body?.userIds) {
    return { ...state, stateSeq: entry.seq };
  }
  let count = state.memberCount;
  let own = state.me;
  let members = state.members;
  for (const user of body.userIds) {
    const before = members?.find(member => member.userId === user)?.role;
    if (body.action === 'left' || body.action === 'removed') {
      count -= before === 'invited' ? 0 : 1;
      members = members?.filter(member => member.userId !== user);
      own = user === me ? { ...own, role: 'none', ranges: closed(own.ranges, entry.seq) } : own;
    } else if (body.action === 'added' || body.action === 'invited' || body.action === 'joined' || body.action === 'role') {
      const role: Role = body.role ?? (body.action === 'invited' ? 'invited' : 'member');
      const comesIn = (body.action === 'added' || body.action === 'joined') && (before === undefined || before === 'invited');
      count += comesIn ? 1 : 0;
      members = before === undefined
        ? members && [...members, { userId: user, role }]
        : members?.map(member => (member.userId === user ? { ...member, role } : member));
      own = user === me ? { ...own, role } : own;
    }
  }
  const owner = body.newOwner;
  if (owner) {
    members = members?.map(member => ({ ...member, role: roleUnder(owner, member.userId, member.role) }));
    own = { ...own, role: roleUnder(owner, me, own.role) };
  }
  // A former member is not told who is there, so that nobody shows who was there once.
  return own.role === 'none'
    ? { ...state, members: undefined, memberCount: 0, me: own, stateSeq: entry.seq }
    : { ...state, members, memberCount: count, me: own, stateSeq: entry.seq };
}

/** There is one owner: who was it before, and is still there, is an administrator. */
function roleUnder(owner: string, user: string, role: Role): Role {
  return user === owner ? 'owner' : role === 'owner' ? 'administrator' : role;
}

/** A message moves its sender's marks to itself; no frame says so. */
export function withSent(state: ConversationState, entry: Entry): ConversationState {
  const sender = state.members?.find(member => member.userId === entry.senderId);
  return sender?.read === undefined || sender.read >= entry.seq
    ? state
    : { ...state, members: withMarks(state.members, [{ userId: entry.senderId, delivered: entry.seq, read: entry.seq }]) };
}

/** Marks of others only move forward. */
export function withMarks(members: Member[] | undefined, marks: readonly Marks[]): Member[] | undefined {
  return members?.map(member => {
    const mark = marks.find(other => other.userId === member.userId);
    return mark ? forward(member, mark) : member;
  });
}

/** The last visible range ends with the entry that ended the membership. */
function closed(ranges: SeqRange[] | undefined, seq: number): SeqRange[] | undefined {
  return ranges?.map(range => (range.to === undefined ? { ...range, to: seq } : range));
}

function merged(members: Member[] | undefined, known: Member[] | undefined): Member[] | undefined {
  const marks = new Map(known?.map(member => [member.userId, member]));
  return members?.map(member => {
    const old = marks.get(member.userId);
    return old ? forward(member, old) : member;
  });
}

function forward(member: Member, mark: Marks | Member): Member {
  const result = { ...member };
  for (const part of ['delivered', 'read'] as const) {
    const value = mark[part];
    if (value !== undefined) {
      result[part] = Math.max(result[part] ?? 0, value);
    }
  }
  return result;
}
