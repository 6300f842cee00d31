import { useEffect, useId, useState } from 'preact/hooks';
import type { ConversationFold, PushLevel } from '../../sdk/src/index.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { brief } from '../parts/times.ts';
import { LEVELS, OWN_LEVELS } from '../push/words.ts';
import { titleOf } from '../state/conversations.ts';
import { useModel } from '../state/hooks.ts';

const HOUR = 3_600_000;
const FOR_GOOD = Date.UTC(2100, 0, 1);
const SPANS: [number, string][] = [[HOUR, '1 hour'], [8 * HOUR, '8 hours'], [7 * 24 * HOUR, '1 week'], [0, 'For good']];

/** What one is told of in one conversation. */
export function ConversationNotices({ fold, onClose }: { fold: ConversationFold; onClose: () => void }) {
  const model = useModel();
  const { api } = model.client;
  const { id, me } = fold.state;
  const [level, setLevel] = useState<PushLevel | 'default'>();
  const [usual, setUsual] = useState<PushLevel>('all');
  const field = useId();
  useEffect(() => {
    void model.attempt(() => api.pushSettings()).then(settings => {
      setLevel(settings?.conversations.find(one => one.conversationId === id)?.level ?? 'default');
      setUsual(settings?.level ?? 'all');
    });
  }, [id]);
  const choose = async (next: PushLevel | 'default') => {
    if (await model.attempt(() => api.setPushLevel(id, next))) {
      setLevel(next);
    }
  };
  const until = me.mutedUntil ? Date.parse(me.mutedUntil) : 0;
  const mute = (to: number) => model.attempt(() => api.setPreferences(id, { mutedUntil: new Date(to).toISOString() }));
  return (
    <Dialog title={`Notifications: ${titleOf(model, fold)}`} onClose={onClose}>
      <div class="field"><label for={field}>Notify me of</label>
        <select id={field} value={level ?? 'default'} disabled={level === undefined} onChange={event => choose(event.currentTarget.value as PushLevel)}>
          <option value="default">{`As everywhere: ${LEVELS.find(([value]) => value === usual)?.[1].toLowerCase()}`}</option>
          {OWN_LEVELS.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
        </select></div>
      {until > Date.now()
        ? <p class="muted-for"><span>{until >= FOR_GOOD ? 'Muted.' : `Muted until ${brief(me.mutedUntil!)}, ${new Date(until).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })}.`}</span> <button type="button" onClick={() => mute(Date.now() - HOUR)}>Unmute</button></p>
        : (
          <>
            <h3 id={`${field}-mute`}>Mute</h3>
            <div class="choice" role="group" aria-labelledby={`${field}-mute`}>
              {SPANS.map(([span, words]) => <button key={words} type="button" onClick={() => mute(span ? Date.now() + span : FOR_GOOD)}>{words}</button>)}
            </div>
          </>
        )}
      <p class="quiet">A muted conversation is silent whatever else is chosen. Messages come in as ever.</p>
    </Dialog>
  );
}
