import { ChatProblem, Unreachable } from './problem.ts';
import { newId } from './ids.ts';
import type {
  Call, CallAnswer, CallSignal, CallView, Code, ConversationState, Device, DeviceEntry, Draft, HistoryPage, HistoryVisibility, IceInfo, KeepRule, Me, Member, OwnState, PendingSend, Presence, PresenceState, PresenceStatus, Problem,
  PushLevel, PushSettings, PushSubscriptionBody, PushSubscriptionEntry, Registration, Room, RoomAnswer, RoomView, ServerChoice, ServerInfo, Settings, SignedIn, Stored, SyncPage, TestedPush, TracedStep, User,
} from './types.ts';

export interface Credentials { token?: string; actAs?: string }

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
interface Extra { body?: unknown; waitSeconds?: number; signal?: AbortSignal; keepalive?: boolean }

/**
 * The HTTP requests of a chat server, one method each. Each throws `ChatProblem` when the server refuses and `Unreachable` when it
 * cannot be reached.
 */
export class ChatApi {
  readonly #root: string;
  readonly #credentials: Credentials;

  constructor(url: string, credentials: Credentials = {}) {
    this.#root = new URL('/api/v1/', url).href;
    this.#credentials = credentials;
  }

  /** Which chat server to open a WebSocket to. */
  findServer = (signal?: AbortSignal) => this.#send<ServerChoice>('GET', 'discovery/server', { signal });
  server = () => this.#send<ServerInfo>('GET', 'server');
  register = (body: Registration) => this.#send<SignedIn>('POST', 'register', { body });
  logIn = (name: string, password: string, device?: Device) => this.#send<SignedIn>('POST', 'login', { body: { name, password, device } });
  /** With a one-time code from an administrator; ends all of the user's sessions. */
  resetPassword = (code: string, next: string) => this.#send<void>('POST', 'password/reset', { body: { code, new: next } });
  logOut = () => this.#send<void>('POST', 'logout');

  me = (signal?: AbortSignal) => this.#send<Me>('GET', 'me', { signal });
  invite = () => this.#send<Code>('POST', 'admin/invites');
  user = (id: string) => this.#send<User>('GET', `users/${id}`);
  findUsers = async (prefix: string, limit = 20) =>
    (await this.#send<{ users: User[] }>('GET', query('users', { prefix, limit }))).users;

  presence = async (userIds: string[], signal?: AbortSignal) =>
    (await this.#send<{ users: Presence[] }>('GET', query('presence', { userIds: userIds.join(',') }), { signal })).users;
  myPresence = () => this.#send<Presence>('GET', 'me/presence');
  /** What is left out stays; an empty text ends the status. */
  setPresence = (change: { state?: PresenceState; status?: PresenceStatus }) => this.#send<Presence>('PUT', 'me/presence', { body: change });
  settings = () => this.#send<Settings>('GET', 'me/settings');
  putSettings = (settings: Settings) => this.#send<Settings>('PUT', 'me/settings', { body: settings });
  devices = async () => (await this.#send<{ devices: DeviceEntry[] }>('GET', 'devices')).devices;
  signOut = (deviceId: string) => this.#send<void>('DELETE', `devices/${deviceId}`);
  drafts = () => this.#send<{ version: number; drafts: Draft[] }>('GET', 'me/drafts');
  putDraft = (id: string, draft: { text: string; replyTo?: number; clientMessageId?: string }) =>
    this.#send<{ version: number }>('PUT', `me/drafts/${id}`, { body: draft });
  /** With the id of a message only the draft that became it. */
  deleteDraft = (id: string, clientMessageId?: string) => this.#send<void>('DELETE', query(`me/drafts/${id}`, { clientMessageId }));

  /** What a browser needs for subscribing. */
  pushKeys = () => this.#send<{ webPushKey: string }>('GET', 'push/keys');
  pushSubscriptions = async () => (await this.#send<{ subscriptions: PushSubscriptionEntry[] }>('GET', 'me/push/subscriptions')).subscriptions;
  /** Safe to repeat: the same endpoint is brought up to date. */
  putPushSubscription = (body: PushSubscriptionBody) => this.#send<PushSubscriptionEntry>('POST', 'me/push/subscriptions', { body });
  removePushSubscription = (id: string) => this.#send<void>('DELETE', `me/push/subscriptions/${id}`);
  pushSettings = () => this.#send<PushSettings>('GET', 'me/push/settings');
  /** What is left out gets its default. */
  putPushSettings = (body: Partial<Pick<PushSettings, 'level' | 'content' | 'quietHours'>>) => this.#send<PushSettings>('PUT', 'me/push/settings', { body });
  setPushLevel = (conversationId: string, level: PushLevel | 'default') => this.#send<{ level?: PushLevel }>('PUT', `conversations/${conversationId}/push`, { body: { level } });
  /** To all of the user's devices; waits for what their services answer. */
  testPush = async () => (await this.#send<{ pushes: TestedPush[] }>('POST', 'me/push/test')).pushes;
  /** Why pushes came, or did not: the latest, or those about one message. */
  pushTrace = async (message?: { conversationId: string; seq: number }) =>
    (await this.#send<{ steps: TracedStep[] }>('GET', query('me/push/trace', { messageId: message && `${message.conversationId}:${message.seq}` }))).steps;

  openDirect = (userId: string) => this.#send<ConversationState>('PUT', `conversations/direct/${userId}`);
  /** Safe to repeat with the same id. */
  createGroup = (id: string, title: string, userIds: string[], history?: HistoryVisibility) =>
    this.#send<ConversationState>('PUT', `conversations/${id}`, { body: { title, userIds, history } });
  conversation = (id: string, signal?: AbortSignal) => this.#send<ConversationState>('GET', `conversations/${id}`, { signal });
  /** How long entries are kept is the owner's to say; both 0: all are kept. */
  changeGroup = (id: string, change: { title?: string; history?: HistoryVisibility; keep?: KeepRule }) =>
    this.#send<Stored>('PATCH', `conversations/${id}`, { body: { clientMessageId: newId(), ...change } });
  members = (id: string, after?: string) => this.#send<{ members: Member[]; more: boolean }>('GET', query(`conversations/${id}/members`, { after }));
  addMembers = (id: string, userIds: string[]) =>
    this.#send<ConversationState>('POST', `conversations/${id}/members`, { body: { clientMessageId: newId(), userIds } });
  setRole = (id: string, userId: string, role: 'owner' | 'administrator' | 'member') =>
    this.#send<Stored>('PATCH', `conversations/${id}/members/${userId}`, { body: { clientMessageId: newId(), role } });
  /** Removing oneself is leaving, or declining. */
  removeMember = (id: string, userId: string) =>
    this.#send<Stored>('DELETE', query(`conversations/${id}/members/${userId}`, { clientMessageId: newId() }));
  join = (id: string) => this.#send<ConversationState>('POST', `conversations/${id}/join`, { body: { clientMessageId: newId() } });

  history = (id: string, range: { before?: number; after?: number; limit?: number; signal?: AbortSignal }) =>
    this.#send<HistoryPage>('GET', query(`conversations/${id}/messages`, { before: range.before, after: range.after, limit: range.limit ?? 50 }), { signal: range.signal });
  sync = (cursor: string | undefined, waitSeconds = 0, signal?: AbortSignal, drafts?: number) =>
    this.#send<SyncPage>('GET', query('sync', { cursor, wait: cursor && waitSeconds ? waitSeconds : undefined, drafts }), { waitSeconds, signal });
  mark = (id: string, marks: { delivered?: number; read?: number }, signal?: AbortSignal) =>
    this.#send<OwnState>('POST', `conversations/${id}/marks`, { body: marks, signal });
  /** What is left out stays; a `mutedUntil` that is past ends muting. */
  setPreferences = (id: string, change: { mutedUntil?: string; pinned?: boolean; archived?: boolean }) =>
    this.#send<OwnState>('PUT', `conversations/${id}/preferences`, { body: change });
  typing = (id: string) => this.#send<void>('POST', `conversations/${id}/typing`);

  /** Calls the other of a direct conversation; safe to repeat with the same ids. When the other is just calling, the answer is that call. */
  startCall = (conversationId: string, callId: string, legId: string) => this.#send<CallAnswer>('POST', `conversations/${conversationId}/calls`, { body: { callId, legId } });
  acceptCall = (callId: string, legId: string) => this.#send<CallAnswer>('POST', `calls/${callId}/accept`, { body: { legId } });
  declineCall = (callId: string) => this.#send<Call>('POST', `calls/${callId}/decline`);
  /** Goes out even while the page is being closed. */
  hangUp = (callId: string, legId: string, failed = false) => this.#send<Call>('POST', `calls/${callId}/hangup`, { body: { legId, failed }, keepalive: true });
  renewCall = (callId: string, legId: string) => this.#send<Call>('POST', `calls/${callId}/renew`, { body: { legId } });
  signalCall = (callId: string, legId: string, signal: CallSignal) => this.#send<void>('POST', `calls/${callId}/signal`, { body: { legId, signal } });
  /** The caller's calls that are not over. */
  calls = async (signal?: AbortSignal) => (await this.#send<{ calls: Call[] }>('GET', 'calls', { signal })).calls;
  /** A call, with what its other end has told after a number. */
  call = (callId: string, after = 0) => this.#send<CallView>('GET', query(`calls/${callId}`, { after }));
  /** New credentials of the relay. */
  ice = (callId: string) => this.#send<IceInfo>('GET', `calls/${callId}/ice`);
  /** Into the voice room of a group, with an end of one's own making; safe to repeat with the same one. */
  joinRoom = (id: string, leg: { legId: string; muted?: boolean; deafened?: boolean }) => this.#send<RoomAnswer>('POST', `conversations/${id}/room/join`, { body: leg });
  /** Goes out even while the page is being closed. */
  leaveRoom = (id: string, legId: string) => this.#send<void>('POST', `conversations/${id}/room/leave`, { body: { legId }, keepalive: true });
  renewRoom = (id: string, leg: { legId: string; muted?: boolean; deafened?: boolean; speaking?: boolean }) => this.#send<Room>('POST', `conversations/${id}/room/renew`, { body: leg });
  /** Without `to`: to the mixer. */
  signalRoom = (id: string, body: { legId: string; to?: string; epoch: number; signal: CallSignal }) => this.#send<void>('POST', `conversations/${id}/room/signal`, { body });
  silence = (id: string, userId: string, silenced: boolean) => this.#send<Room>('POST', `conversations/${id}/room/silence`, { body: { userId, silenced } });
  room = (id: string, legId?: string, after?: number) => this.#send<RoomView>('GET', query(`conversations/${id}/room`, { legId, after }));
  roomIce = (id: string) => this.#send<IceInfo>('GET', `conversations/${id}/room/ice`);
  /** Those of one's groups that somebody is in. */
  rooms = async (signal?: AbortSignal) => (await this.#send<{ rooms: Room[] }>('GET', 'rooms', { signal })).rooms;
  limits = () => this.#send<Record<string, number>>('GET', 'limits');

  /** Makes a request of the outbox; safe to repeat. */
  sendPending(send: PendingSend, signal?: AbortSignal): Promise<Stored> {
    const { clientMessageId, text, replyTo } = send;
    const path = `conversations/${send.conversationId}/messages`;
    const key = { clientMessageId };
    switch (send.action) {
      case 'send': return this.#send('POST', path, { body: { clientMessageId, text, replyTo }, signal });
      case 'edit': return this.#send('PATCH', `${path}/${send.target}`, { body: { clientMessageId, text }, signal });
      case 'delete': return this.#send('DELETE', query(`${path}/${send.target}`, key), { signal });
      case 'react':
        return this.#send(send.remove ? 'DELETE' : 'PUT', query(`${path}/${send.target}/reactions/${encodeURIComponent(send.emoji ?? '')}`, key), { signal });
    }
  }

  async #send<T>(method: Method, path: string, { body, waitSeconds = 0, signal, keepalive }: Extra = {}): Promise<T> {
    const headers: Record<string, string> = {};
    if (this.#credentials.token) {
      headers['Authorization'] = `Bearer ${this.#credentials.token}`;
    }
    if (this.#credentials.actAs) {
      headers['Act-As'] = this.#credentials.actAs;
    }
    if (body !== undefined) {
      headers['Content-Type'] = 'application/json';
    }
    const timeout = AbortSignal.timeout((waitSeconds + 60) * 1000);
    try {
      const response = await fetch(this.#root + path, {
        method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: signal ? anyOf(signal, timeout) : timeout,
        cache: 'no-store', credentials: 'omit', keepalive,
      });
      const text = await response.text();
      if (!response.ok) {
        throw new ChatProblem(problemOf(response.status, text));
      }
      return (text ? JSON.parse(text) : undefined) as T;
    } catch (failed) {
      if (failed instanceof ChatProblem || signal?.aborted) {
        throw failed;
      }
      throw new Unreachable('The server cannot be reached.', failed);
    }
  }
}

/** A proxy's answer is no problem object: the status then says whether it is worth another try. */
function problemOf(status: number, text: string): Problem {
  try {
    const problem = JSON.parse(text) as Problem;
    if (problem.code) {
      return problem;
    }
  } catch {
    // Not JSON: below.
  }
  const retryable = status === 429 || status >= 500;
  return { code: status === 401 ? 'unauthorized' : retryable ? 'unavailable' : 'invalid_request', status, detail: `The server answered ${status}.`, retryable };
}

function anyOf(one: AbortSignal, other: AbortSignal): AbortSignal {
  const either = new AbortController();
  for (const signal of [one, other]) {
    if (signal.aborted) {
      either.abort(signal.reason);
    }
    signal.addEventListener('abort', () => either.abort(signal.reason), { once: true, signal: either.signal });
  }
  return either.signal;
}

function query(path: string, parts: Record<string, string | number | undefined>): string {
  const given = Object.entries(parts).filter(([, value]) => value !== undefined);
  return given.length === 0 ? path : `${path}?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`;
}
