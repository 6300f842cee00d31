import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ConversationFold, User } from '../../sdk/src/index.ts';
import { Icon } from '../parts/Icon.tsx';
import { useModel } from '../state/hooks.ts';
import { keep } from '../state/storage.ts';
import type { About } from './Conversation.tsx';

interface Props { fold: ConversationFold; about: About | undefined; onAbout: (about: About | undefined) => void }

/** Enter sends, Shift and Enter begins a line, @ calls a member, arrow up edits one's last message. */
export function Composer({ fold, about, onAbout }: Props) {
  const model = useModel();
  const { id } = fold.state;
  const draft = `mc.draft.${model.me}.${id}`;
  const [text, setText] = useState(() => keep.get<string>(draft) ?? '');
  const [chosen, setChosen] = useState(0);
  const area = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  const called = mentionAt(text, area.current?.selectionStart ?? text.length);
  const found = called === undefined ? [] : members(fold, id => model.people.get(id)).filter(user => user.id !== model.me && startsWith(user, called));
  // A name that is written out needs no choice: Enter sends.
  const matches = found.some(user => user.name.toLowerCase() === called?.toLowerCase()) ? [] : found;

  // Before anything is painted: nobody sees, or types into, the banner of an edit without its text.
  useLayoutEffect(() => {
    area.current?.focus();
    if (about?.kind === 'edit') {
      setText(about.entry.body?.text ?? '');
    }
  }, [about]);
  useEffect(() => {
    const element = area.current!;
    element.style.height = 'auto';
    element.style.height = `${Math.min(element.scrollHeight + 2, 200)}px`;
    if (about?.kind !== 'edit') {
      text ? keep.set(draft, text) : keep.remove(draft);
    }
  }, [text]);

  // Written on another device, and nothing here since.
  const theirs = about?.kind === 'edit' ? undefined : model.drafts.adopt(id, text);
  useLayoutEffect(() => {
    if (theirs !== undefined) {
      setText(theirs);
    }
  }, [theirs]);

  const cancel = () => {
    if (about?.kind === 'edit') {
      setText(keep.get<string>(draft) ?? '');
    }
    onAbout(undefined);
  };
  const send = () => {
    const trimmed = text.trim();
    if (!trimmed) {
      return;
    }
    if (about?.kind === 'edit') {
      if (trimmed !== about.entry.body?.text) {
        model.submit({ action: 'edit', conversationId: id, target: about.entry.seq, text: trimmed });
      }
    } else {
      model.submit({ action: 'send', conversationId: id, text: trimmed, replyTo: about?.entry.seq }, model.drafts.take(id));
      keep.remove(draft);
    }
    setText(about?.kind === 'edit' ? keep.get<string>(draft) ?? '' : '');
    onAbout(undefined);
  };
  const type = (now: string) => {
    setText(now);
    setChosen(0);
    if (about?.kind !== 'edit') {
      model.drafts.typed(id, now, about?.entry.seq);
    }
  };
  const call = (user: User) => {
    const end = area.current!.selectionStart;
    type(`${text.slice(0, end - called!.length)}${user.name} ${text.slice(end)}`);
    area.current!.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) {
      return;
    }
    if (matches.length > 0) {
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (step !== 0) {
        event.preventDefault();
        setChosen((chosen + step + matches.length) % matches.length);
        return;
      }
      if (event.key === 'Enter' || event.key === 'Tab') {
        event.preventDefault();
        call(matches[chosen] ?? matches[0]!);
        return;
      }
    }
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && about) {
      event.preventDefault();
      cancel();
    } else if (event.key === 'ArrowUp' && !text && !about) {
      const last = fold.timeline.findLast(entry => entry.kind === 'message' && entry.senderId === model.me && !entry.isDeleted);
      if (last) {
        event.preventDefault();
        onAbout({ kind: 'edit', entry: last });
      }
    }
  };
  return (
    <form class="composer" onSubmit={event => { event.preventDefault(); send(); }}>
      {about && (
        <p class="about"><strong>{about.kind === 'edit' ? 'Editing' : `Replying to ${model.people.name(about.entry.senderId)}`}</strong> <span dir="auto">{about.entry.body?.text?.slice(0, 120)}</span>
          <button type="button" class="icon" aria-label="Cancel" onClick={cancel}><Icon name="close" /></button></p>
      )}
      {matches.length > 0 && (
        <ul class="mentions" role="listbox" id={listId} aria-label="Members">
          {matches.slice(0, 8).map((user, i) => (
            <li key={user.id} id={`${listId}-${i}`} role="option" aria-selected={i === chosen} onMouseDown={event => { event.preventDefault(); call(user); }}>{user.displayName} <small>@{user.name}</small></li>
          ))}
        </ul>
      )}
      <div class="write">
        <textarea
          ref={area} rows={1} value={text} placeholder="Message" aria-label="Message" dir="auto" maxLength={100_000}
          aria-controls={matches.length > 0 ? listId : undefined} aria-activedescendant={matches.length > 0 ? `${listId}-${chosen}` : undefined}
          onInput={event => { type(event.currentTarget.value); model.client.typing(id); }} onKeyDown={onKeyDown} />
        <button class="icon primary" aria-label={about?.kind === 'edit' ? 'Save' : 'Send'} disabled={!text.trim()}><Icon name={about?.kind === 'edit' ? 'check' : 'send'} /></button>
      </div>
    </form>
  );
}

/** What stands between an @ and the caret, when a name is being written there. */
function mentionAt(text: string, caret: number): string | undefined {
  return /(?:^|\s)@([\p{L}\p{N}_.-]*)$/u.exec(text.slice(0, caret))?.[1];
}

function members(fold: ConversationFold, get: (id: string) => User | undefined): User[] {
  return (fold.state.members ?? []).map(member => get(member.userId)).filter(user => user !== undefined);
}

function startsWith(user: User, text: string): boolean {
  return [user.name, user.displayName].some(name => name.toLowerCase().startsWith(text.toLowerCase()));
}
