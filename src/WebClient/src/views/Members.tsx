import { useState } from 'preact/hooks';
import type { ConversationFold } from '../../sdk/src/index.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { Field } from '../parts/Field.tsx';
import { PeoplePicker } from '../parts/PeoplePicker.tsx';
import { keptText, mayManage, titleOf } from '../state/conversations.ts';
import { open, useModel } from '../state/hooks.ts';

const ROLES = { owner: 'Owner', administrator: 'Administrator', member: '', invited: 'Invited', none: '' };

/** Who is in a group, and what one may change about it. */
export function Members({ fold, onClose }: { fold: ConversationFold; onClose: () => void }) {
  const model = useModel();
  const { id, members = [], memberCount, keep } = fold.state;
  const [title, setTitle] = useState(fold.state.title ?? '');
  const [isLeaving, setLeaving] = useState(false);
  const { api } = model.client;
  const rename = (event: Event) => {
    event.preventDefault();
    void model.attempt(() => api.changeGroup(id, { title: title.trim() }));
  };
  const leave = async () => {
    if (await model.attempt(() => api.removeMember(id, model.me))) {
      onClose();
      open(undefined);
    }
  };
  const manages = mayManage(fold);
  return (
    <Dialog title={titleOf(model, fold)} onClose={onClose}>
      {manages && (
        <form class="inline" onSubmit={rename}>
          <Field label="Title" name="title" required maxLength={100} value={title} onInput={event => setTitle(event.currentTarget.value)} />
          <button disabled={!title.trim() || title.trim() === fold.state.title}>Rename</button>
        </form>
      )}
      {keep && <p>{keptText(keep)}</p>}
      <h3>{memberCount === 1 ? 'One member' : `${memberCount} members`}</h3>
      <ul class="people">
        {members.map(({ userId, role }) => (
          <li key={userId}>
            <Avatar user={model.people.get(userId)} name={model.people.name(userId)} presence={model.presence.of(userId)?.state} />
            <span class="grow"><span dir="auto">{model.people.name(userId)}</span> <small>{[userId === model.me ? 'You' : '', ROLES[role], model.presence.describe(userId)].filter(Boolean).join(' · ')}</small></span>
            {manages && userId !== model.me && role !== 'owner' && (
              <button type="button" class="small" aria-label={`Remove ${model.people.name(userId)}`} onClick={() => model.attempt(() => api.removeMember(id, userId))}>Remove</button>
            )}
          </li>
        ))}
      </ul>
      {manages && <PeoplePicker label="Add people" without={members.map(member => member.userId)} onPick={user => model.attempt(() => api.addMembers(id, [user.id]))} />}
      <footer>
        {isLeaving
          ? <><span>Leave this group?</span><button type="button" class="danger" onClick={leave}>Leave</button><button type="button" onClick={() => setLeaving(false)}>Stay</button></>
          : <button type="button" onClick={() => setLeaving(true)}>Leave group</button>}
      </footer>
    </Dialog>
  );
}
