import type { PresenceState, User } from '../../sdk/src/index.ts';

/** The first letter on the person's colour, with a dot for their presence; names and words stand beside it, so it is not read out. */
export function Avatar({ user, name, isGroup, presence }: { user?: User; name: string; isGroup?: boolean; presence?: PresenceState }) {
  const letter = [...name.trim()][0]?.toUpperCase() ?? '?';
  return (
    <span class={isGroup ? 'avatar group' : 'avatar'} aria-hidden="true" style={{ backgroundColor: user?.avatarColour ?? 'var(--avatar)' }}>
      {letter}
      {presence && <span class={`dot ${presence}`} />}
    </span>
  );
}
