import type { ChatApi, User } from '../../sdk/src/index.ts';
import type { Notifier } from './notifier.ts';

const RETRY = 10_000;

/** Who people are, read when first shown. */
export class People {
  readonly #known = new Map<string, User>();
  readonly #askedAt = new Map<string, number>();
  readonly #api: ChatApi;
  readonly #changes: Notifier;

  constructor(api: ChatApi, changes: Notifier) {
    this.#api = api;
    this.#changes = changes;
  }

  put(user: User): void {
    this.#known.set(user.id, user);
  }

  get(id: string): User | undefined {
    const user = this.#known.get(id);
    if (!user && Date.now() - (this.#askedAt.get(id) ?? 0) > RETRY) {
      this.#askedAt.set(id, Date.now());
      this.#api.user(id).then(
        found => {
          this.put(found);
          this.#changes.emit();
        },
        () => undefined,
      );
    }
    return user;
  }

  name(id: string): string {
    return this.get(id)?.displayName ?? 'Someone';
  }
}
