import { useEffect, useState } from 'preact/hooks';
import type { Presence, PresenceState, PresenceVisibility, Settings } from '../../sdk/src/index.ts';
import { useModel } from '../state/hooks.ts';
import { PresenceBoard } from '../state/presence.ts';

const STATES: PresenceState[] = ['online', 'away', 'dnd', 'invisible'];
const VISIBLE: [PresenceVisibility, string][] = [['everybody', 'Everybody'], ['friends', 'Friends'], ['nobody', 'Nobody']];
const MINUTE = 60_000;

/** How one is, what one says about just now, and who may know. */
export function PresenceChoice() {
  const model = useModel();
  const { api } = model.client;
  const [mine, setMine] = useState<Presence>();
  const [text, setText] = useState('');
  const [minutes, setMinutes] = useState(0);
  const [settings, setSettings] = useState<Settings>();
  useEffect(() => {
    void api.myPresence().then(presence => {
      setMine(presence);
      // What is written meanwhile stays.
      setText(now => now || (presence.status?.text ?? ''));
    }, () => undefined);
    void api.settings().then(setSettings, () => undefined);
  }, []);
  const choose = async (change: Parameters<typeof api.setPresence>[0]) => {
    const presence = await model.attempt(() => api.setPresence(change));
    if (presence) {
      setMine(presence);
      model.presence.put([presence]);
      model.changes.emit();
    }
  };
  const say = (event: Event) => {
    event.preventDefault();
    void choose({ status: { text: text.trim(), expiresAt: minutes > 0 ? new Date(Date.now() + minutes * MINUTE).toISOString() : undefined } });
  };
  const show = async (presence: PresenceVisibility) => {
    if (settings) {
      setSettings(await model.attempt(() => api.putSettings({ ...settings, settings: { ...settings.settings, presence } })) ?? settings);
    }
  };
  return (
    <>
      <div class="choice" role="group" aria-label="How you are">
        {STATES.map(state => (
          <button key={state} type="button" aria-pressed={(mine?.chosen ?? 'online') === state} onClick={() => choose({ state })}>
            <span class={`dot ${state}`} aria-hidden="true" /> {PresenceBoard.word(state)}
          </button>
        ))}
      </div>
      <form class="inline" onSubmit={say}>
        <div class="field"><label for="status-text">Status</label><input id="status-text" maxLength={140} value={text} placeholder="At lunch" onInput={event => setText(event.currentTarget.value)} /></div>
        <select aria-label="For how long" value={minutes} onChange={event => setMinutes(Number(event.currentTarget.value))}>
          <option value={0}>Until I change it</option><option value={30}>30 minutes</option><option value={60}>1 hour</option><option value={480}>8 hours</option>
        </select>
        <button disabled={!text.trim() && !mine?.status}>Set</button>
      </form>
      {settings && (
        <div class="field"><label for="presence-visible">Who sees whether I am there</label>
          <select id="presence-visible" value={settings.settings.presence} onChange={event => show(event.currentTarget.value as PresenceVisibility)}>
            {VISIBLE.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
          </select></div>
      )}
    </>
  );
}
