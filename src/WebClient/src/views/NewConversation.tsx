import { useState } from 'preact/hooks';
import { newId, type ConversationState, type User } from '../../sdk/src/index.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { Field } from '../parts/Field.tsx';
import { PeoplePicker } from '../parts/PeoplePicker.tsx';
import { open, useModel } from '../state/hooks.ts';

/** With one person: a direct conversation. With a title: a group. */
export function NewConversation({ onClose }: { onClose: () => void }) {
  const model = useModel();
  const [isGroup, setGroup] = useState(false);
  const [title, setTitle] = useState('');
  const [people, setPeople] = useState<User[]>([]);
  const [id] = useState(newId);
  const go = async (request: () => Promise<ConversationState>) => {
    const state = await model.attempt(request);
    if (state) {
      model.client.adopt(state);
      onClose();
      open(state.id);
    }
  };
  const create = (event: Event) => {
    event.preventDefault();
    void go(() => model.client.api.createGroup(id, title.trim(), people.map(user => user.id)));
  };
  return (
    <Dialog title="New conversation" onClose={onClose}>
      <div class="choice" role="group" aria-label="Kind of conversation">
        <button type="button" aria-pressed={!isGroup} onClick={() => setGroup(false)}>One person</button>
        <button type="button" aria-pressed={isGroup} onClick={() => setGroup(true)}>Group</button>
      </div>
      {isGroup ? (
        <form onSubmit={create}>
          <Field label="Title" name="title" required maxLength={100} value={title} onInput={event => setTitle(event.currentTarget.value)} />
          <ul class="chips" aria-label="Chosen people">
            {people.map(user => <li key={user.id}><button type="button" class="chip" aria-label={`Take ${user.displayName} out`} onClick={() => setPeople(people.filter(one => one !== user))}>{user.displayName} ×</button></li>)}
          </ul>
          <PeoplePicker label="Add people" without={people.map(user => user.id)} onPick={user => setPeople([...people, user])} />
          <footer><button class="primary" disabled={!title.trim()}>Create group</button></footer>
        </form>
      ) : <PeoplePicker label="With whom?" without={[]} onPick={user => go(() => model.client.api.openDirect(user.id))} />}
    </Dialog>
  );
}
