import { useEffect, useState } from 'preact/hooks';
import type { Quality } from '../calls/peer.ts';
import { Icon } from '../parts/Icon.tsx';
import { lasted } from '../state/conversations.ts';
import { useModel } from '../state/hooks.ts';

/** The call that this page is in. */
export function CallBar() {
  const model = useModel();
  const { calls } = model;
  const { talk } = calls;
  const [, tick] = useState(0);
  const isTalking = talk?.connectedAt !== undefined && talk.phase !== 'over';
  useEffect(() => {
    if (isTalking) {
      const timer = setInterval(() => tick(count => count + 1), 1000);
      return () => clearInterval(timer);
    }
  }, [isTalking]);
  if (!talk) {
    return null;
  }
  const name = model.people.name(talk.otherId);
  if (talk.phase === 'over') {
    return (
      <section class="call over" aria-label={`Call with ${name}`}>
        <p role="status">{talk.note}</p>
        <button type="button" onClick={() => calls.close()}>Close</button>
      </section>
    );
  }
  const state = talk.phase === 'asking' ? 'Waiting for the microphone…'
    : talk.phase === 'ringing' ? `Calling ${name}…`
    : talk.phase === 'connecting' ? (talk.connectedAt ? 'Connecting again…' : 'Connecting…')
    : lasted((Date.now() - talk.connectedAt!) / 1000);
  return (
    <section class="call" aria-label={`Call with ${name}`} data-phase={talk.phase}>
      <p class={talk.speaks.other ? 'who speaks' : 'who'} dir="auto">{name}</p>
      <p class="quiet" role={talk.phase === 'talking' ? undefined : 'status'}>{state}</p>
      {talk.phase === 'talking' && talk.quality && <p class="quiet quality" data-quality={grade(talk.quality)} title={words(talk.quality)}>{`Connection ${grade(talk.quality)}`}</p>}
      {talk.isDirect && talk.phase !== 'ringing' && <p class="quiet" title="The server has no relay, so the two devices are connected directly.">Direct: you see each other’s network address</p>}
      <span class="controls">
        <button type="button" class={talk.speaks.me ? 'speaks' : undefined} aria-pressed={talk.isMuted} onClick={() => calls.mute(!talk.isMuted)}><Icon name="mic" /> {talk.isMuted ? 'Unmute' : 'Mute'}</button>
        <button type="button" aria-pressed={talk.isDeafened} onClick={() => calls.deafen(!talk.isDeafened)}><Icon name="ear" /> {talk.isDeafened ? 'Hear' : 'Deafen'}</button>
        {talk.devices.inputs.length > 1 && <DeviceChoice label="Microphone" devices={talk.devices.inputs} value={talk.inputId} onChoose={id => calls.useInput(id)} />}
        {talk.devices.outputs.length > 1 && <DeviceChoice label="Loudspeaker" devices={talk.devices.outputs} value={talk.outputId} onChoose={id => calls.useOutput(id)} />}
        <button type="button" class="danger" onClick={() => calls.hangUp()}><Icon name="hangUp" /> Hang up</button>
      </span>
    </section>
  );
}

interface Choice { label: string; devices: MediaDeviceInfo[]; value: string | undefined; onChoose: (id: string) => void }

export function DeviceChoice({ label, devices, value, onChoose }: Choice) {
  return (
    <select aria-label={label} value={value ?? devices[0]?.deviceId} onChange={event => onChoose(event.currentTarget.value)}>
      {devices.map((device, i) => <option key={device.deviceId} value={device.deviceId}>{device.label || `${label} ${i + 1}`}</option>)}
    </select>
  );
}

function grade({ loss, jitter, roundTrip }: Quality): 'good' | 'fair' | 'poor' {
  return loss > 0.08 || jitter > 80 || roundTrip > 600 ? 'poor' : loss > 0.02 || jitter > 30 || roundTrip > 250 ? 'fair' : 'good';
}

function words({ loss, jitter, roundTrip }: Quality): string {
  return `${(loss * 100).toFixed(1)} % lost, ${jitter.toFixed(0)} ms jitter, ${roundTrip.toFixed(0)} ms there and back`;
}
