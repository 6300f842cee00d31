import type { User } from '../../sdk/src/index.ts';

/** The first letter on the person's colour; names stand beside it, so it is not read out. */
export function Avatar({ user, name, isGroup }: { user?: User; name: string; isGroup?: boolean }) {
  const letter = [...name.trim()][0]?.toUpperCase() ?? '?';
  return (
    <span class={isGroup ? 'avatar group' : 'avatar'} aria-hidden="true" style={{ backgroundColor: user?.avatarColour ?? 'var(--avatar)' }}>
      {letter}
    </span>
  );
}
