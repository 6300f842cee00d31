import { useEffect, useRef } from 'preact/hooks';
import { Avatar } from '../parts/Avatar.tsx';
import { Icon } from '../parts/Icon.tsx';
import { open, useModel } from '../state/hooks.ts';

/** Who calls, over everything else. */
export function IncomingCall() {
  const model = useModel();
  const { incoming } = model.calls;
  const answer = useRef<HTMLButtonElement>(null);
  useEffect(() => answer.current?.focus(), [incoming?.id]);
  if (!incoming) {
    return null;
  }
  const name = model.people.name(incoming.callerId);
  return (
    <div class="incoming" role="alertdialog" aria-labelledby="incoming-call">
      <Avatar user={model.people.get(incoming.callerId)} name={name} />
      <p id="incoming-call" dir="auto">{name} is calling</p>
      <button ref={answer} type="button" class="primary" onClick={() => { open(incoming.conversationId); void model.calls.answer(); }}><Icon name="phone" /> Answer</button>
      <button type="button" class="danger" onClick={() => model.calls.decline()}><Icon name="hangUp" /> Decline</button>
    </div>
  );
}
