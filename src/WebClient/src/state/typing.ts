import type { Notifier } from './notifier.ts';

/** Who is typing where, until it runs out. */
export class Typing {
  readonly #until = new Map<string, Map<string, number>>();
  readonly #changes: Notifier;

  constructor(changes: Notifier) {
    this.#changes = changes;
  }

  started(conversationId: string, userId: string, expiresAt: number): void {
    const users = this.#until.get(conversationId) ?? new Map<string, number>();
    this.#until.set(conversationId, users.set(userId, expiresAt));
    setTimeout(() => this.#changes.emit(), Math.max(0, expiresAt - Date.now()) + 20);
  }

  stopped(conversationId: string, userId: string): void {
    this.#until.get(conversationId)?.delete(userId);
  }

  in(conversationId: string): string[] {
    const now = Date.now();
    return [...(this.#until.get(conversationId) ?? [])].filter(([, until]) => until > now).map(([user]) => user);
  }
}
