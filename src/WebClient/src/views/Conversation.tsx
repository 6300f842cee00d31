import { useEffect, useState } from 'preact/hooks';
import type { ConversationFold, Entry, PresenceState } from '../../sdk/src/index.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { Icon } from '../parts/Icon.tsx';
import { mayWrite, otherId, titleOf } from '../state/conversations.ts';
import { open, useModel } from '../state/hooks.ts';
import { Composer } from './Composer.tsx';
import { ConversationNotices } from './ConversationNotices.tsx';
import { Members } from './Members.tsx';
import { MessageList } from './MessageList.tsx';
import { RoomStrip } from './RoomStrip.tsx';

/** What the composer is about: an answer to a message, or another text for one. */
export interface About { kind: 'reply' | 'edit'; entry: Entry }

export function Conversation({ fold }: { fold: ConversationFold }) {
  const model = useModel();
  const [about, setAbout] = useState<About>();
  const [isMembersOpen, setMembersOpen] = useState(false);
  const [isNoticesOpen, setNoticesOpen] = useState(false);
  const { id, kind, memberCount, me } = fold.state;
  const room = model.rooms.of(id);
  const isTalking = model.calls.talk !== undefined && model.calls.talk.phase !== 'over';
  const isMuted = me.mutedUntil !== undefined && Date.parse(me.mutedUntil) > Date.now();
  const title = titleOf(model, fold);
  const typing = model.typing.in(id).map(user => model.people.name(user));
  const other = kind === 'direct' ? otherId(fold) : undefined;
  const there = model.presence.group(id)?.online ?? fold.state.members?.filter(member => isThere(model.presence.of(member.userId)?.state)).length ?? 0;
  useEffect(() => {
    const escape = (event: KeyboardEvent) => event.key === 'Escape' && !event.defaultPrevented && setAbout(undefined);
    addEventListener('keydown', escape);
    return () => removeEventListener('keydown', escape);
  }, []);
  return (
    <main class="conversation" aria-label={title}>
      <header>
        <button type="button" class="icon back" aria-label="Back to the conversations" onClick={() => open(undefined)}><Icon name="back" /></button>
        <Avatar user={other ? model.people.get(other) : undefined} name={title} isGroup={kind === 'group'} presence={model.presence.of(other)?.state} />
        <div class="lines">
          <h1 dir="auto">{title}</h1>
          <p class="quiet typing" role="status">{typing.length > 0 ? `${typing.join(', ')} ${typing.length > 1 ? 'are' : 'is'} typing…` : kind === 'group' && me.role !== 'none' ? (memberCount === 1 ? 'One member' : `${memberCount} members${there > 0 ? `, ${there} there` : ''}`) : model.presence.describe(other)}</p>
        </div>
        {other && <button type="button" class="icon" aria-label={`Call ${title}`} disabled={isTalking} onClick={() => model.calls.call(id, other)}><Icon name="phone" /></button>}
        {kind === 'group' && mayWrite(fold) && !room && <button type="button" class="icon" aria-label="Open the voice room" disabled={isTalking} onClick={() => model.rooms.join(id)}><Icon name="phone" /></button>}
        {kind !== 'self' && mayWrite(fold) && <button type="button" class="icon" aria-label={isMuted ? 'Notifications: muted' : 'Notifications'} aria-haspopup="dialog" onClick={() => setNoticesOpen(true)}><Icon name={isMuted ? 'bellOff' : 'bell'} /></button>}
        {kind === 'group' && me.role !== 'none' && <button type="button" class="icon" aria-label="Members" aria-haspopup="dialog" onClick={() => setMembersOpen(true)}><Icon name="people" /></button>}
      </header>
      {room && mayWrite(fold) && <RoomStrip fold={fold} room={room} />}
      <MessageList fold={fold} onAbout={setAbout} />
      {mayWrite(fold) ? <Composer fold={fold} about={about} onAbout={setAbout} /> : <Outside fold={fold} />}
      {isNoticesOpen && <ConversationNotices fold={fold} onClose={() => setNoticesOpen(false)} />}
      {isMembersOpen && <Members fold={fold} onClose={() => setMembersOpen(false)} />}
    </main>
  );
}

const isThere = (state: PresenceState | undefined) => state !== undefined && state !== 'offline' && state !== 'invisible';

function Outside({ fold }: { fold: ConversationFold }) {
  const model = useModel();
  const { id, me } = fold.state;
  if (me.role !== 'invited') {
    return <p class="outside">You are no longer in this group.</p>;
  }
  const decline = async () => {
    if (await model.attempt(() => model.client.api.removeMember(id, model.me))) {
      open(undefined);
    }
  };
  return (
    <p class="outside">You are invited to this group.
      <button type="button" class="primary" onClick={async () => { const state = await model.attempt(() => model.client.api.join(id)); if (state) { model.client.adopt(state); } }}>Join</button>
      <button type="button" onClick={decline}>Decline</button>
    </p>
  );
}
