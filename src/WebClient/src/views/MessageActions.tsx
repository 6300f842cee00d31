import { useState } from 'preact/hooks';
import type { Entry } from '../../sdk/src/index.ts';
import { Icon } from '../parts/Icon.tsx';
import { useModelQuietly } from '../state/hooks.ts';
import type { About } from './Conversation.tsx';

const EMOJI = [['👍', 'Thumbs up'], ['❤️', 'Heart'], ['😂', 'Laughing'], ['🎉', 'Party'], ['😮', 'Surprised'], ['😢', 'Sad'], ['👀', 'Looking'], ['✅', 'Done']] as const;

interface Props { entry: Entry; isOwn: boolean; mayDelete: boolean; onAbout: (about: About) => void; onDelete: () => void }

/** What one can do with a message: there when it has the pointer or the focus. */
export function MessageActions({ entry, isOwn, mayDelete, onAbout, onDelete }: Props) {
  const model = useModelQuietly();
  const [isPicking, setPicking] = useState(false);
  const react = (emoji: string) => {
    setPicking(false);
    const remove = entry.reactions?.find(group => group.emoji === emoji)?.userIds.includes(model.me) === true;
    model.submit({ action: 'react', conversationId: entry.conversationId, target: entry.seq, emoji, remove });
  };
  return (
    <div class={isPicking ? 'actions picking' : 'actions'} role="toolbar" aria-label="Message" onKeyDown={event => event.key === 'Escape' && setPicking(false)}>
      {isPicking
        ? EMOJI.map(([emoji, name]) => <button type="button" key={emoji} class="icon" aria-label={name} onClick={() => react(emoji)}>{emoji}</button>)
        : (
          <>
            <button type="button" class="icon" aria-label="React" onClick={() => setPicking(true)}><Icon name="smile" /></button>
            <button type="button" class="icon" aria-label="Reply" onClick={() => onAbout({ kind: 'reply', entry })}><Icon name="reply" /></button>
            {isOwn && <button type="button" class="icon" aria-label="Edit" onClick={() => onAbout({ kind: 'edit', entry })}><Icon name="edit" /></button>}
            {mayDelete && <button type="button" class="icon" aria-label="Delete" onClick={onDelete}><Icon name="trash" /></button>}
          </>
        )}
    </div>
  );
}
