import { useEffect, useState } from 'preact/hooks';
import type { PushSubscriptionEntry, TestedPush } from '../../sdk/src/index.ts';
import { brief } from '../parts/times.ts';
import { stepWords } from '../push/words.ts';
import { useModel } from '../state/hooks.ts';

/** Whether this device is notified, and which others are. */
export function NotifiedDevices() {
  const model = useModel();
  const { api } = model.client;
  const { push } = model;
  const [devices, setDevices] = useState<PushSubscriptionEntry[]>([]);
  const [tested, setTested] = useState<TestedPush[]>();
  const [isTesting, setTesting] = useState(false);
  const read = () => api.pushSubscriptions().then(setDevices, () => undefined);
  useEffect(() => void read(), [push.isOn]);
  const remove = async (device: PushSubscriptionEntry) => {
    if (device.isCurrent) {
      await model.attempt(() => push.disable());
    } else if (await model.attempt(() => api.removePushSubscription(device.id).then(() => true))) {
      model.say('Removed. That device is notified again once the chat is opened there; sign it out to end that.');
    }
    await read();
  };
  const test = async () => {
    setTesting(true);
    setTested(await model.attempt(() => api.testPush()));
    setTesting(false);
  };
  const trouble = push.isOn ? undefined : push.trouble ?? push.obstacle;
  return (
    <section aria-label="Devices that are notified">
      <p>{push.isOn ? 'This device is notified while the chat is closed.' : 'This device is not notified while the chat is closed.'}</p>
      {trouble && <p class="error" role="alert">{trouble}</p>}
      <p class="buttons">
        {push.isOn
          ? <button type="button" disabled={push.isBusy} onClick={() => model.attempt(() => push.disable())}>Turn off here</button>
          : <button type="button" class="primary" disabled={push.isBusy || push.obstacle !== undefined} onClick={() => model.attempt(() => push.enable())}>{push.isBusy ? 'One moment…' : 'Turn on here'}</button>}
        {devices.length > 0 && <button type="button" disabled={isTesting} onClick={test}>{isTesting ? 'Sending…' : 'Send a test'}</button>}
      </p>
      {devices.length > 0 && (
        <ul class="people devices" aria-label="Notified devices">
          {devices.map(device => {
            const came = tested?.find(one => one.subscriptionId === device.id);
            const what = came && (came.step ? stepWords({ step: came.step, detail: came.detail }) : 'No answer yet');
            return (
              <li key={device.id}>
                <span class="grow"><span dir="auto">{device.name || 'A device'}</span> <small>{[device.isCurrent ? 'this one' : '', device.usedAt ? `last notified ${brief(device.usedAt)}` : 'never notified yet'].filter(Boolean).join(' · ')}</small>
                  {what && <small role="status" class={came.step === 'sent' || came.step === 'shown' ? undefined : 'error'}>{`Test: ${what}`}</small>}</span>
                <button type="button" class="small" aria-label={`Remove ${device.name || 'the device'}`} onClick={() => remove(device)}>Remove</button>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
