// What goes over the wire: docs/protocol.md sections 4 to 9. The objects of REST are named here and written in openapi.ts, which is made from
// the server's description of itself; the frames of the WebSocket, which are not in it, are written here.
import type { components } from './openapi.ts';

type Schemas = components['schemas'];
/** Some fields need not be there: frames leave them out, or the client makes such an object itself. */
type Without<T, Names extends keyof T> = Omit<T, Names> & Partial<Pick<T, Names>>;

export type EntryKind = Schemas['EntryKind'];
export type Role = Schemas['MemberRole'];
export type ConversationKind = Schemas['ConversationKind'];
export type HistoryVisibility = Schemas['HistoryVisibility'];
export type KeepRule = Schemas['KeepRule'];

/** Seqs from one to another, both included; open at the end without `to`. */
export type SeqRange = Schemas['SeqRange'];
export type Reaction = Schemas['ReactionGroup'];

/** Which fields are there depends on the entry's kind. */
export type EntryBody = Partial<
  Schemas['MessageBody'] & Schemas['CreatedBody'] & Schemas['ReactionBody'] & Schemas['PinnedBody']
  & Schemas['MembersBody'] & Schemas['SettingsBody'] & Schemas['SignalBody'] & Schemas['CallBody']>;

/** Something that happened in a conversation. */
export type Entry = Omit<Schemas['Entry'], 'body'> & { body?: EntryBody };

export type Member = Schemas['MemberInfo'];
export type Marks = Omit<Member, 'role'>;
export type OwnState = Without<Schemas['OwnState'], 'ranges' | 'pinned' | 'archived'>;
export type ConversationState = Omit<Schemas['ConversationInfo'], 'me'> & { me: OwnState };

export type ConversationSync = Omit<Schemas['ConversationSync'], 'state' | 'entries'> & { state: ConversationState; entries: Entry[] };
export type SyncPage = Omit<Without<Schemas['SyncPage'], 'reset' | 'more'>, 'conversations'> & { conversations: ConversationSync[] };
export type HistoryPage = Omit<Without<Schemas['HistoryPage'], 'ranges'>, 'entries'> & { entries: Entry[] };
export type Stored = Without<Schemas['Stored'], 'duplicate'>;

export type User = Schemas['UserInfo'];
export type Me = Schemas['MeAnswer'];
export type Session = Schemas['SessionInfo'];
export type SignedIn = Schemas['AccountAnswer'];
export type Device = Schemas['DeviceRequest'];
export type Code = Schemas['CodeAnswer'];
export type Registration = Schemas['RegisterRequest'];
export type ServerChoice = Schemas['ServerChoice'];
export type ServerInfo = Omit<Schemas['ServerInfo'], 'registration'> & { registration: 'open' | 'invite' | 'closed' };

/** Whether somebody is there: section 15. */
export type Presence = Schemas['PresenceInfo'];
export type PresenceState = Schemas['PresenceState'];
export type PresenceStatus = Schemas['PresenceStatus'];
export type PresenceVisibility = Schemas['PresenceVisibility'];
/** How many of a group that is too large to watch are there. */
export interface GroupPresence { conversationId: string; online: number; members: number; asOf: string }
/** Whose presence to be told; replaces what was watched before. */
export interface Watch { contacts?: boolean; userIds?: string[]; conversationIds?: string[] }
/** A call between two: section 18. */
export type Call = Schemas['CallInfo'];
export type CallAnswer = Schemas['CallAnswer'];
export type CallView = Schemas['CallView'];
/** What one end of a call tells the other. */
export type CallSignal = Schemas['CallSignal'];
/** The voice room of a group: section 19. */
export type Room = Schemas['RoomInfo'];
export type RoomParticipant = Schemas['RoomParticipant'];
export type RoomAnswer = Schemas['RoomAnswer'];
export type RoomView = Schemas['RoomView'];
/** What somebody in a room is told by another, or by the mixer. */
export type RoomSignal = Schemas['RoomSignal'];
export type NumberedSignal = Schemas['NumberedSignal'];
/** How peer connections of a call are made. */
export type IceInfo = Schemas['IceInfo'];
/** Push: section 17. */
export type PushSubscriptionEntry = Schemas['PushSubscription'];
export type PushSubscriptionBody = Schemas['SubscriptionBody'];
export type PushSettings = Schemas['PushSettings'];
export type PushLevel = Schemas['PushLevel'];
export type PushContent = Schemas['PushContent'];
export type PushStepKind = Schemas['PushStep'];
export type TracedStep = Schemas['TracedStep'];
export type TestedPush = Schemas['TestedPush'];
export type DeviceEntry = Schemas['DeviceInfo'];
export type Draft = Schemas['DraftInfo'];
export type Settings = Schemas['SettingsAnswer'];

/** A refusal. Those that the client makes itself, when there is no answer of the server, have a code and little more. */
export type Problem = Pick<Schemas['Problem'], 'code'> & Partial<Schemas['Problem']>;

/** A request that waits for the server's confirmation; its id makes it safe to repeat. */
export interface PendingSend {
  clientMessageId: string; conversationId: string; action: 'send' | 'edit' | 'delete' | 'react'; at: string;
  text?: string; replyTo?: number; target?: number; emoji?: string; remove?: boolean;
}

export interface ServerFrame extends Partial<SyncPage> {
  type: string; id?: number; entry?: Entry; conversationId?: string; userId?: string; seq?: number; at?: string; duplicate?: boolean;
  problem?: Problem; marks?: Marks[]; expiresAt?: string; heartbeatSeconds?: number; state?: ConversationState | OwnState;
  users?: Presence[]; groups?: GroupPresence[]; truncated?: boolean; call?: Call; callId?: string; legId?: string; number?: number; signal?: CallSignal;
  room?: Room; epoch?: number; from?: string;
}
