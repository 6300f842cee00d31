import type { ConversationFold, Room, RoomParticipant } from '../../sdk/src/index.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { Icon } from '../parts/Icon.tsx';
import { mayManage } from '../state/conversations.ts';
import { useModel } from '../state/hooks.ts';

/** Who is in the voice room of a group, and who speaks. */
export function RoomStrip({ fold, room }: { fold: ConversationFold; room: Room }) {
  const model = useModel();
  const { id } = fold.state;
  const isIn = model.rooms.talk?.conversationId === id && model.rooms.talk.phase !== 'over';
  const isTalking = model.calls.talk !== undefined && model.calls.talk.phase !== 'over';
  return (
    <section class="room" aria-label="Voice room">
      <ul>
        {room.participants.map(one => (
          <li key={one.legId} class={one.speaking && !one.silenced ? 'speaks' : undefined} data-user={one.userId}>
            <Avatar user={model.people.get(one.userId)} name={model.people.name(one.userId)} />
            <span dir="auto">{one.userId === model.me ? 'You' : model.people.name(one.userId)}</span>
            {words(one) && <small>{words(one)}</small>}
            {mayManage(fold) && one.userId !== model.me && (
              <button type="button" class="small" aria-label={`${one.silenced ? 'Let' : 'Silence'} ${model.people.name(one.userId)}${one.silenced ? ' speak' : ''}`}
                onClick={() => model.attempt(() => model.rooms.silence(id, one.userId, !one.silenced))}>{one.silenced ? 'Let speak' : 'Silence'}</button>
            )}
          </li>
        ))}
      </ul>
      {!isIn && <button type="button" class="primary" disabled={isTalking} onClick={() => model.rooms.join(id)}><Icon name="phone" /> Join</button>}
    </section>
  );
}

function words({ silenced, muted, deafened, speaking }: RoomParticipant): string {
  return silenced ? 'silenced' : deafened ? 'does not hear' : muted ? 'muted' : speaking ? 'speaks' : '';
}
