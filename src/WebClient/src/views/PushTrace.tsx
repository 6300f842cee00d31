import { useState } from 'preact/hooks';
import type { TracedStep } from '../../sdk/src/index.ts';
import { brief } from '../parts/times.ts';
import { stepWords } from '../push/words.ts';
import { titleOf } from '../state/conversations.ts';
import { useModel } from '../state/hooks.ts';

const MOST = 15;

interface Traced { key: string; title: string; at: string; lines: string[] }

/** Why notifications of the last days came, or did not. */
export function PushTrace() {
  const model = useModel();
  const [steps, setSteps] = useState<TracedStep[]>();
  const read = (isOpen: boolean) => void (isOpen && model.attempt(() => model.client.api.pushTrace()).then(found => setSteps(found ?? [])));
  return (
    <details onToggle={event => read(event.currentTarget.open)}>
      <summary>Why did a notification come, or not?</summary>
      {steps?.length === 0 && <p class="quiet">Nothing was to be told in the last days while a device was subscribed.</p>}
      <ol class="trace">
        {steps && grouped(steps).map(({ key, title, at, lines }) => (
          <li key={key}><strong dir="auto">{title}</strong> <small><time dateTime={at}>{brief(at)}</time></small>
            <ul>{lines.map((line, i) => <li key={i}>{line}</li>)}</ul></li>
        ))}
      </ol>
    </details>
  );

  /** The newest first, a message each. */
  function grouped(all: readonly TracedStep[]): Traced[] {
    const messages = new Map<string, TracedStep[]>();
    for (const step of all) {
      const key = step.seq > 0 ? `${step.conversationId}:${step.seq}` : step.pushId ?? step.at;
      messages.set(key, [...(messages.get(key) ?? []), step]);
    }
    return [...messages].reverse().slice(0, MOST).map(([key, of]) => {
      const fold = model.client.find(of[0]!.conversationId);
      return { key, title: fold ? titleOf(model, fold) : of[0]!.seq > 0 ? 'A conversation' : 'A test', at: of[0]!.at, lines: of.map(stepWords) };
    });
  }
}
