import type { PendingSend, Problem, Stored, Watch } from '../types.ts';

/** One connection to the server, over whatever transport, from its opening to its end. */
export interface Link {
  /** Runs until the connection ends; never throws. */
  run(): Promise<LinkEnd>;
  send(send: PendingSend, frameId: number): void;
  mark(conversationId: string, read: number, frameId: number): void;
  typing(conversationId: string): void;
  /** Says whose presence is wanted; it comes as events. */
  watch(watch: Watch, frameId: number): void;
  /** Says that the user is at the device. */
  active(): void;
  abort(): void;
}

export interface LinkEnd { code?: number; reason?: string; opened: boolean }

/** What a link tells while it runs. */
export interface LinkHandler {
  onLive(): void;
  onAck(frameId: number, stored: Stored): void;
  onOk(frameId: number): void;
  onProblem(frameId: number | undefined, problem: Problem): void;
  onTick(): void;
  /** True when the user has touched the device since the last time this was asked. */
  wasActive(): boolean;
}
