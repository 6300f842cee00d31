import { useEffect, useId, useState } from 'preact/hooks';
import type { User } from '../../sdk/src/index.ts';
import { useModelQuietly } from '../state/hooks.ts';
import { Avatar } from './Avatar.tsx';

interface Props { label: string; without: readonly string[]; onPick: (user: User) => void }

/** Finds people by the beginning of their name. */
export function PeoplePicker({ label, without, onPick }: Props) {
  const model = useModelQuietly();
  const id = useId();
  const [prefix, setPrefix] = useState('');
  const [found, setFound] = useState<User[]>();
  useEffect(() => {
    if (!prefix.trim()) {
      setFound(undefined);
      return;
    }
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const users = await model.attempt(() => model.client.api.findUsers(prefix.trim()));
      if (isCurrent && users) {
        users.forEach(user => model.people.put(user));
        setFound(users);
      }
    }, 150);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [prefix]);
  const users = found?.filter(user => user.id !== model.me && !without.includes(user.id));
  return (
    <div class="picker">
      <label for={id}>{label}</label>
      <input id={id} type="search" autocomplete="off" value={prefix} placeholder="Name" onInput={event => setPrefix(event.currentTarget.value)} />
      <p class="quiet" role="status">{users && users.length === 0 ? 'Nobody found' : ''}</p>
      <ul class="people">
        {users?.map(user => (
          <li key={user.id}>
            <button type="button" class="person" onClick={() => { onPick(user); setPrefix(''); }}>
              <Avatar user={user} name={user.displayName} />
              <span><span>{user.displayName}</span> <small>@{user.name}</small></span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
