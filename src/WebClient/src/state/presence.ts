import type { GroupPresence, Presence, PresenceState } from '../../sdk/src/index.ts';
import { brief } from '../parts/times.ts';

const WORDS: Record<PresenceState, string> = { online: 'Online', away: 'Away', dnd: 'Do not disturb', invisible: 'Invisible', offline: 'Offline' };

/** Who is there, as far as the server has told. */
export class PresenceBoard {
  readonly #users = new Map<string, Presence>();
  readonly #groups = new Map<string, GroupPresence>();
  #isNew = false;

  /** A new connection begins anew: what its first frame says replaces whatever was known. */
  connected(): void {
    this.#isNew = true;
  }

  put(users: readonly Presence[], groups: readonly GroupPresence[] = []): void {
    if (this.#isNew) {
      this.#users.clear();
      this.#isNew = false;
    }
    users.forEach(presence => this.#users.set(presence.userId, presence));
    groups.forEach(group => this.#groups.set(group.conversationId, group));
  }

  of(userId: string | undefined): Presence | undefined {
    return userId === undefined ? undefined : this.#users.get(userId);
  }

  group(conversationId: string): GroupPresence | undefined {
    return this.#groups.get(conversationId);
  }

  /** In words, with what the user says about just now; empty when there is nothing to say. */
  describe(userId: string | undefined): string {
    const presence = this.of(userId);
    if (!presence) {
      return '';
    }
    const state = presence.state === 'offline' ? (presence.lastSeen ? `Last seen ${brief(presence.lastSeen)}` : '') : WORDS[presence.state];
    return [state, presence.status?.text].filter(Boolean).join(' · ');
  }

  static word(state: PresenceState): string {
    return WORDS[state];
  }
}
