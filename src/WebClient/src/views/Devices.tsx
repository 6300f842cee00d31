import { useEffect, useState } from 'preact/hooks';
import type { DeviceEntry } from '../../sdk/src/index.ts';
import { brief } from '../parts/times.ts';
import { useModel } from '../state/hooks.ts';

/** Where one is logged in; each other device can be signed out. */
export function Devices() {
  const model = useModel();
  const [devices, setDevices] = useState<DeviceEntry[]>([]);
  const read = () => model.client.api.devices().then(setDevices, () => undefined);
  // Again when a device comes or goes.
  useEffect(() => void read(), [model.dataVersions['devices']]);
  const signOut = async (device: DeviceEntry) => {
    await model.attempt(() => model.client.api.signOut(device.id));
    await read();
  };
  return (
    <>
      <h3>Devices</h3>
      <ul class="people devices">
        {devices.map(device => (
          <li key={device.id}>
            <span class="grow"><span dir="auto">{device.name || 'A device'}</span> <small>{[device.platform, device.region, device.isCurrent ? 'this one' : `last seen ${brief(device.lastUsedAt)}`].filter(Boolean).join(' · ')}</small></span>
            {!device.isCurrent && <button type="button" class="small" aria-label={`Sign out ${device.name || 'the device'}`} onClick={() => signOut(device)}>Sign out</button>}
          </li>
        ))}
      </ul>
    </>
  );
}
