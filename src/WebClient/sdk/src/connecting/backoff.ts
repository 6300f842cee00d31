export type ComeBack = 'backoff' | 'atOnce' | 'afterASecond' | 'never';

/** When to come back after a connection has ended: section 10 of the protocol. Without a code it broke. */
export function comeBack(code: number | undefined): ComeBack {
  switch (code) {
    case 1001: return 'afterASecond';
    case 4008: case 4009: case 4010: return 'atOnce';
    default: return code !== undefined && code >= 4100 && code < 4200 ? 'never' : 'backoff';
  }
}

/** The code of the problem that a close code which forbids coming back stands for. */
export function refusal(code: number | undefined): string {
  switch (code) {
    case 4100: return 'unauthorized';
    case 4101: return 'malformed_json';
    case 4102: return 'limit_reached';
    default: return 'closed';
  }
}

/** Delays that double from half a second to thirty, each with full jitter, so that clients of a failed server do not come back in step. */
export class Backoff {
  #failures = 0;
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The connection went live: the next failure starts from the beginning. */
  reset(): void {
    this.#failures = 0;
  }

  /** Milliseconds until the next try. */
  next(rule: ComeBack): number {
    if (rule === 'atOnce' && this.#failures === 0) {
      this.#failures++;
      return 0;
    }
    const ceiling = Math.min(30_000, 500 * 2 ** Math.min(this.#failures, 6));
    this.#failures++;
    return rule === 'afterASecond' ? 1000 + Math.max(1000, ceiling) * this.#random() : ceiling * this.#random();
  }
}
