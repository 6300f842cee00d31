const TYPING_EVERY = 3000;

/** Read marks that the server does not have yet, and when typing was last said. */
export class Marker {
  readonly #marks = new Map<string, { read: number; frameId: number }>();
  readonly #asked = new Map<string, number>();
  readonly #typedAt = new Map<string, number>();

  /** False when as much was wanted before. */
  want(conversationId: string, read: number): boolean {
    if (read <= (this.#asked.get(conversationId) ?? 0)) {
      return false;
    }
    this.#asked.set(conversationId, read);
    this.#marks.set(conversationId, { read, frameId: 0 });
    return true;
  }

  next(frameId: number): { conversationId: string; read: number } | undefined {
    for (const [conversationId, mark] of this.#marks) {
      if (mark.frameId === 0) {
        mark.frameId = frameId;
        return { conversationId, read: mark.read };
      }
    }
    return undefined;
  }

  done(frameId: number): void {
    for (const [conversationId, mark] of this.#marks) {
      if (mark.frameId === frameId) {
        this.#marks.delete(conversationId);
      }
    }
  }

  lost(): void {
    this.#marks.forEach(mark => (mark.frameId = 0));
  }

  mayType(conversationId: string, now: number): boolean {
    if (now - (this.#typedAt.get(conversationId) ?? 0) < TYPING_EVERY) {
      return false;
    }
    this.#typedAt.set(conversationId, now);
    return true;
  }
}
