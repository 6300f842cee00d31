import { useEffect, useState } from 'preact/hooks';
import type { PushSettings } from '../../sdk/src/index.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { useModel } from '../state/hooks.ts';
import { NotifiedDevices } from './NotifiedDevices.tsx';
import { PushChoices } from './PushChoices.tsx';
import { PushTrace } from './PushTrace.tsx';

/** What one is told of while no page is open, and on which devices. */
export function NotificationSettings({ onClose }: { onClose: () => void }) {
  const model = useModel();
  const [settings, setSettings] = useState<PushSettings>();
  useEffect(() => {
    void model.attempt(() => model.client.api.pushSettings()).then(found => found && setSettings(found));
  }, []);
  return (
    <Dialog title="Notifications" onClose={onClose}>
      <NotifiedDevices />
      {settings && <PushChoices settings={settings} onChange={setSettings} />}
      <PushTrace />
    </Dialog>
  );
}
