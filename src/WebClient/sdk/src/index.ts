export { ChatApi, type Credentials } from './api.ts';
export { ChatClient, type ChatClientOptions } from './client.ts';
export type { ChatEvent, ConnectionState, Listener } from './events.ts';
export { ConversationFold, type FoldOutcome } from './folding/conversationFold.ts';
export { react } from './folding/timeline.ts';
export { newId } from './ids.ts';
export { ChatProblem, Unreachable } from './problem.ts';
export type { OutboxStore } from './store.ts';
export type * from './types.ts';
