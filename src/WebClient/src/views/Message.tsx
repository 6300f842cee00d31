import { memo } from 'preact/compat';
import { useState } from 'preact/hooks';
import type { ConversationKind, Entry, Role, User } from '../../sdk/src/index.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { Icon } from '../parts/Icon.tsx';
import { MessageText } from '../parts/MessageText.tsx';
import { time } from '../parts/times.ts';
import { useModel } from '../state/hooks.ts';
import type { About } from './Conversation.tsx';
import { MessageActions } from './MessageActions.tsx';

interface Props {
  entry: Entry; follows: boolean; isSaving: boolean; tab: number; answered?: Entry; kind: ConversationKind; role: Role; sender?: User;
  progress?: 'sent' | 'delivered' | 'read'; onAbout: (about: About) => void;
}

const TICKS = { saving: ['clock', 'Saving'], sent: ['check', 'Sent'], delivered: ['checks', 'Delivered'], read: ['checks', 'Read'] } as const;

export const Message = memo(function Message({ entry, follows, isSaving, tab, answered, kind, role, sender, progress, onAbout }: Props) {
  const model = useModel();
  const [isConfirming, setConfirming] = useState(false);
  const isOwn = entry.senderId === model.me;
  const name = sender?.displayName ?? 'Someone';
  const { body } = entry;
  const isCalled = body?.mentionsAll === true || body?.mentions?.includes(model.me) === true;
  const names = [...(body?.mentions ?? []).map(id => model.people.get(id)?.name ?? ''), body?.mentionsAll ? 'all' : ''].filter(Boolean);
  const mayDelete = isOwn || (kind === 'group' && (role === 'owner' || role === 'administrator'));
  const mayAct = !entry.isDeleted && role !== 'none' && role !== 'invited';
  const remove = () => model.submit({ action: 'delete', conversationId: entry.conversationId, target: entry.seq });
  const [tick, tickName] = TICKS[isSaving ? 'saving' : progress ?? 'sent'];
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey || !mayAct) {
      return;
    }
    if (event.key === 'r') {
      event.preventDefault();
      onAbout({ kind: 'reply', entry });
    } else if (event.key === 'e' && isOwn) {
      event.preventDefault();
      onAbout({ kind: 'edit', entry });
    } else if (event.key === 'Delete' && mayDelete) {
      setConfirming(true);
    }
  };
  const classes = ['message', isOwn && 'own', follows && 'follows', isCalled && 'called'].filter(Boolean).join(' ');
  return (
    <li class={classes} tabIndex={tab} onKeyDown={onKeyDown} data-seq={entry.seq}>
      {!isOwn && kind === 'group' && <Avatar user={sender} name={name} />}
      <div class="bubble">
        {!isOwn && kind === 'group' && <span class={follows ? 'unseen' : 'sender'} dir="auto">{name}</span>}
        {body?.replyTo !== undefined && (
          <blockquote><strong dir="auto">{answered ? model.people.name(answered.senderId) : 'An earlier message'}</strong> <span dir="auto">{answered?.isDeleted ? 'Message deleted' : answered?.body?.text?.slice(0, 200)}</span></blockquote>
        )}
        {entry.isDeleted ? <p class="quiet text">Message deleted</p> : <MessageText text={body?.text ?? ''} names={names} />}
        <span class="foot">
          {entry.editedAt && !entry.isDeleted && <span>edited</span>}
          <time dateTime={entry.at}>{time(entry.at)}</time>
          {isOwn && <span class={`tick ${progress}`} role="img" aria-label={tickName}><Icon name={tick} /></span>}
        </span>
        {entry.reactions && <Reactions entry={entry} mayAct={mayAct} />}
        {isConfirming && (
          <p class="buttons" role="alertdialog" aria-label="Delete this message for all?">
            <span>Delete for all?</span>
            <button type="button" class="small danger" ref={button => button?.focus()} onClick={() => { setConfirming(false); remove(); }}>Delete</button>
            <button type="button" class="small" onClick={() => setConfirming(false)}>Keep</button>
          </p>
        )}
      </div>
      {mayAct && <MessageActions entry={entry} isOwn={isOwn} mayDelete={mayDelete} onAbout={onAbout} onDelete={() => setConfirming(true)} />}
    </li>
  );
});

function Reactions({ entry, mayAct }: { entry: Entry; mayAct: boolean }) {
  const model = useModel();
  return (
    <ul class="reactions" aria-label="Reactions">
      {entry.reactions!.map(({ emoji, userIds }) => {
        const isMine = userIds.includes(model.me);
        const who = userIds.map(id => (id === model.me ? 'you' : model.people.name(id))).join(', ');
        return (
          <li key={emoji}>
            <button
              type="button" class="reaction" disabled={!mayAct} aria-pressed={isMine} title={who} aria-label={`${emoji}, ${who}`}
              onClick={() => model.submit({ action: 'react', conversationId: entry.conversationId, target: entry.seq, emoji, remove: isMine })}>
              {emoji} {userIds.length}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
