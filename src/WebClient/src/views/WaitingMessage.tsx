import type { PendingSend } from '../../sdk/src/index.ts';
import { Icon } from '../parts/Icon.tsx';
import { MessageText } from '../parts/MessageText.tsx';
import { time } from '../parts/times.ts';
import { useModelQuietly } from '../state/hooks.ts';
import type { FailedSend } from '../state/outboxStore.ts';

/** A message on its way. */
export function PendingMessage({ send, follows, tab }: { send: PendingSend; follows: boolean; tab: number }) {
  return (
    <li class={follows ? 'message own waiting follows' : 'message own waiting'} tabIndex={tab}>
      <div class="bubble">
        <MessageText text={send.text ?? ''} names={[]} />
        <span class="foot"><time dateTime={send.at}>{time(send.at)}</time><span class="tick" role="img" aria-label="Sending"><Icon name="clock" /></span></span>
      </div>
    </li>
  );
}

/** A message that the server refused: its text is not lost. */
export function FailedMessage({ failed, tab }: { failed: FailedSend; tab: number }) {
  const model = useModelQuietly();
  return (
    <li class="message own failed" tabIndex={tab}>
      <div class="bubble">
        <MessageText text={failed.send.text ?? ''} names={[]} />
        <p class="error">Not sent: {failed.problem.detail ?? failed.problem.code}</p>
        <p class="buttons">
          <button type="button" class="small" onClick={() => model.resend(failed)}>Send again</button>
          <button type="button" class="small" onClick={() => model.discard(failed)}>Discard</button>
        </p>
      </div>
    </li>
  );
}
