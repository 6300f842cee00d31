/** Who is signed in here, for the little that the worker asks of the server. */
export interface Session { token: string; userId: string }

export type FromPage = { type: 'session'; session: Session | undefined } | { type: 'read'; conversationId: string; seq: number };
/** look: whether the conversation, or anything at all, is before the user's eyes; answered on the port that comes with it. */
export type ToPage = { type: 'look'; conversationId: string | undefined } | { type: 'open'; conversationId: string };
