import { useState } from 'preact/hooks';
import { Avatar } from '../parts/Avatar.tsx';
import { Icon } from '../parts/Icon.tsx';
import { brief } from '../parts/times.ts';
import type { ConversationFold } from '../../sdk/src/index.ts';
import { lastTime, listed, otherId, preview, titleOf } from '../state/conversations.ts';
import { useModel } from '../state/hooks.ts';
import { PresenceBoard } from '../state/presence.ts';
import { Account } from './Account.tsx';
import { NewConversation } from './NewConversation.tsx';
import { NotificationSettings } from './NotificationSettings.tsx';

interface Props { openId: string | undefined; isReady: boolean; onLogOut: () => void }

export function Sidebar({ openId, isReady, onLogOut }: Props) {
  const model = useModel();
  const [dialog, setDialog] = useState<'new' | 'account' | 'notifications'>();
  const me = model.people.get(model.me);
  const folds = listed(model, openId);
  return (
    <>
      <nav class="sidebar" aria-label="Conversations">
        <header>
          <button type="button" class="person" onClick={() => setDialog('account')} aria-haspopup="dialog">
            <Avatar user={me} name={me?.displayName ?? ''} presence={model.presence.of(model.me)?.state} />
            <span>{me?.displayName}</span>
          </button>
          <button type="button" class="icon" aria-label="New conversation" aria-haspopup="dialog" onClick={() => setDialog('new')}><Icon name="plus" /></button>
        </header>
        <ul class="conversations">
          {folds.map(fold => <Item key={fold.state.id} fold={fold} isOpen={fold.state.id === openId} />)}
        </ul>
        {isReady && folds.length === 0 && <p class="quiet">No conversations yet. <button type="button" class="link" onClick={() => setDialog('new')}>Begin one</button></p>}
      </nav>
      {/* Beside it: a window that becomes narrow hides the list, but not what is open. */}
      {dialog === 'new' && <NewConversation onClose={() => setDialog(undefined)} />}
      {dialog === 'account' && <Account onClose={() => setDialog(undefined)} onLogOut={onLogOut} onNotifications={() => setDialog('notifications')} />}
      {dialog === 'notifications' && <NotificationSettings onClose={() => setDialog(undefined)} />}
    </>
  );
}

function Item({ fold, isOpen }: { fold: ConversationFold; isOpen: boolean }) {
  const model = useModel();
  const { id, kind, me } = fold.state;
  const title = titleOf(model, fold);
  const typing = model.typing.in(id);
  const other = otherId(fold);
  const presence = kind === 'direct' ? model.presence.of(other) : undefined;
  const at = lastTime(fold);
  return (
    <li>
      <a href={`#/c/${id}`} aria-current={isOpen ? 'page' : undefined} class={me.unread > 0 ? 'item unread' : 'item'}>
        <Avatar user={kind === 'direct' && other ? model.people.get(other) : undefined} name={title} isGroup={kind === 'group'} presence={presence?.state} />
        <span class="lines">
          <span class="title" dir="auto">{title}{presence && presence.state !== 'offline' && <span class="unseen"> ({PresenceBoard.word(presence.state)})</span>}</span>
          <span class="preview" dir="auto">{me.role === 'invited' ? 'You are invited' : typing.length > 0 ? `${model.people.name(typing[0]!)} is typing…` : preview(model, fold)}</span>
        </span>
        <span class="side">
          {at && <time dateTime={at}>{brief(at)}</time>}
          {me.unread > 0 && <span class="count"><span aria-hidden="true">{me.unread > 999 ? '999+' : me.unread}</span><span class="unseen">{me.unread} unread</span></span>}
        </span>
      </a>
    </li>
  );
}
