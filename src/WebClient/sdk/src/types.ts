// What goes over the wire: docs/protocol.md sections 4 to 9.

export type EntryKind = 'created' | 'message' | 'edited' | 'deleted' | 'reaction' | 'pinned' | 'members' | 'settings' | 'signal';
export type Role = 'none' | 'invited' | 'member' | 'administrator' | 'owner';
export type ConversationKind = 'direct' | 'group' | 'self';

/** Seqs from one to another, both included; open at the end without `to`. */
export interface SeqRange { from: number; to?: number }

export interface Reaction { emoji: string; userIds: string[] }

export interface EntryBody {
  text?: string; replyTo?: number; mentions?: string[]; mentionsAll?: boolean;
  kind?: ConversationKind; title?: string; history?: string; members?: string[];
  emoji?: string; removed?: boolean; pinned?: boolean;
  action?: 'added' | 'invited' | 'joined' | 'left' | 'removed' | 'role';
  userIds?: string[]; role?: Role; newOwner?: string;
}

/** Something that happened in a conversation. */
export interface Entry {
  conversationId: string; seq: number; kind: EntryKind; senderId: string; at: string; number?: number;
  target?: number; body?: EntryBody; clientMessageId?: string;
  changed?: number; editedAt?: string; isDeleted?: boolean; isPinned?: boolean; reactions?: Reaction[];
}

export interface Member { userId: string; role: Role; delivered?: number; read?: number }
export interface Marks { userId: string; delivered?: number; read?: number }

export interface OwnState {
  role: Role; ranges?: SeqRange[]; delivered: number; read: number; unread: number; version: number;
  mutedUntil?: string; pinned?: boolean; archived?: boolean;
}

export interface ConversationState {
  id: string; kind: ConversationKind; title?: string; history?: string; head: number; stateSeq: number; memberCount: number;
  members?: Member[]; me: OwnState;
}

export interface ConversationSync { state: ConversationState; entries: Entry[]; gap?: SeqRange }
export interface SyncPage { reset?: boolean; conversations: ConversationSync[]; versions?: Record<string, number>; cursor: string; more?: boolean }
export interface HistoryPage { entries: Entry[]; more: boolean; ranges?: SeqRange[] }
export interface Stored { conversationId: string; seq: number; at: string; duplicate?: boolean }

export interface User { id: string; name: string; displayName: string; avatarColour?: string; statusText?: string }
export interface Session { token: string; expiresAt: string; deviceId: string }
export interface SignedIn { user: User; session: Session }
export interface Device { id?: string; name?: string; platform?: string }
export interface ServerInfo { name: string; version: string; registration: 'open' | 'invite' | 'closed'; needsSetUp: boolean }

export interface Problem {
  code: string; title?: string; status?: number; detail?: string; field?: string; limit?: number;
  retryable?: boolean; retryAfterMs?: number; requestId?: string;
}

/** A request that waits for the server's confirmation; its id makes it safe to repeat. */
export interface PendingSend {
  clientMessageId: string; conversationId: string; action: 'send' | 'edit' | 'delete' | 'react'; at: string;
  text?: string; replyTo?: number; target?: number; emoji?: string; remove?: boolean;
}

export interface ServerFrame extends Partial<SyncPage> {
  type: string; id?: number; entry?: Entry; conversationId?: string; userId?: string; seq?: number; at?: string; duplicate?: boolean;
  problem?: Problem; marks?: Marks[]; expiresAt?: string; heartbeatSeconds?: number; state?: ConversationState | OwnState;
}
