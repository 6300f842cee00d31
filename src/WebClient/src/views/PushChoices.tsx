import { useEffect, useRef, useState } from 'preact/hooks';
import type { PushContent, PushLevel, PushSettings } from '../../sdk/src/index.ts';
import { CONTENTS, LEVELS, OWN_LEVELS } from '../push/words.ts';
import { titleOf } from '../state/conversations.ts';
import { useModel } from '../state/hooks.ts';

interface Props { settings: PushSettings; onChange: (settings: PushSettings) => void }

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const NIGHT = { from: '22:00', to: '07:00', timeZone: HERE };

/** What one is told of, how much of it, and when not. */
export function PushChoices({ settings, onChange }: Props) {
  const model = useModel();
  const { api } = model.client;
  const [isDnd, setDnd] = useState<boolean>();
  useEffect(() => void api.myPresence().then(mine => setDnd(mine.chosen === 'dnd'), () => undefined), []);
  // Each request says all of it: one after another, and each with what was chosen before.
  const wanted = useRef(settings);
  const sent = useRef<Promise<unknown>>(Promise.resolve());
  const put = (change: Partial<PushSettings>) => {
    wanted.current = { ...wanted.current, ...change };
    onChange(wanted.current);
    sent.current = sent.current.then(async () => {
      const { level, content, quietHours } = wanted.current;
      if (!await model.attempt(() => api.putPushSettings({ level, content, quietHours }))) {
        take(await model.attempt(() => api.pushSettings()));
      }
    });
  };
  const take = (next: PushSettings | undefined) => {
    if (next) {
      wanted.current = next;
      onChange(next);
    }
  };
  const setOwn = async (conversationId: string, level: PushLevel | 'default') => {
    await sent.current;
    if (await model.attempt(() => api.setPushLevel(conversationId, level))) {
      take(await model.attempt(() => api.pushSettings()));
    }
  };
  const disturb = async (next: boolean) => {
    const presence = await model.attempt(() => api.setPresence({ state: next ? 'dnd' : 'online' }));
    if (presence) {
      setDnd(next);
      model.presence.put([presence]);
      model.changes.emit();
    }
  };
  const { quietHours: quiet } = settings;
  const most = CONTENTS.findIndex(([value]) => value === settings.contentLimit);
  const own = settings.conversations.flatMap(one => {
    const fold = model.client.find(one.conversationId);
    return fold ? [{ ...one, title: titleOf(model, fold) }] : [];
  });
  return (
    <>
      <h3>What you are told</h3>
      <div class="field"><label for="push-level">Notify me of</label>
        <select id="push-level" value={settings.level} onChange={event => put({ level: event.currentTarget.value as PushLevel })}>
          {LEVELS.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
        </select></div>
      {own.length > 0 && (
        <ul class="own-levels" aria-label="Conversations with a choice of their own">
          {own.map(({ conversationId, level, title }) => (
            <li key={conversationId}>
              <span class="grow" dir="auto">{title}</span>
              <select aria-label={`Notify me of, in ${title}`} value={level} onChange={event => setOwn(conversationId, event.currentTarget.value as PushLevel | 'default')}>
                <option value="default">As everywhere</option>
                {OWN_LEVELS.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
              </select>
            </li>
          ))}
        </ul>
      )}
      <p class="quiet">The bell in a conversation mutes it or gives it a choice of its own.</p>
      <div class="field"><label for="push-content">A notification says</label>
        <select id="push-content" value={settings.content} aria-describedby="push-content-hint" onChange={event => put({ content: event.currentTarget.value as PushContent })}>
          {CONTENTS.map(([value, words], i) => <option key={value} value={value} disabled={i < most}>{i < most ? `${words} (not on this server)` : words}</option>)}
        </select>
        <small id="push-content-hint">It goes through the service of your browser’s maker, encrypted for this device.</small></div>
      <h3>When you are not told</h3>
      <label class="check"><input type="checkbox" checked={isDnd === true} disabled={isDnd === undefined} onChange={event => disturb(event.currentTarget.checked)} /> Do not disturb, until I change it</label>
      <label class="check"><input type="checkbox" checked={quiet !== undefined} onChange={event => put({ quietHours: event.currentTarget.checked ? NIGHT : undefined })} /> Quiet hours</label>
      {quiet && (
        <div class="quiet-hours" role="group" aria-label="Quiet hours">
          <div class="field"><label for="quiet-from">From</label><input id="quiet-from" type="time" required value={quiet.from} onChange={event => event.currentTarget.value && put({ quietHours: { ...quiet, from: event.currentTarget.value } })} /></div>
          <div class="field"><label for="quiet-to">To</label><input id="quiet-to" type="time" required value={quiet.to} onChange={event => event.currentTarget.value && put({ quietHours: { ...quiet, to: event.currentTarget.value } })} /></div>
          <div class="field"><label for="quiet-zone">Time zone</label>
            <select id="quiet-zone" value={quiet.timeZone} onChange={event => put({ quietHours: { ...quiet, timeZone: event.currentTarget.value } })}>
              {zones(quiet.timeZone).map(zone => <option key={zone} value={zone}>{zone.replaceAll('_', ' ')}</option>)}
            </select></div>
        </div>
      )}
    </>
  );
}

function zones(chosen: string | undefined): string[] {
  const known = (Intl as { supportedValuesOf?: (key: string) => string[] }).supportedValuesOf?.('timeZone') ?? ['UTC'];
  return [...new Set([...known, HERE, ...(chosen ? [chosen] : [])])].sort();
}
