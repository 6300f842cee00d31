import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../parts/Dialog.tsx';
import { Icon } from '../parts/Icon.tsx';
import { useModel } from '../state/hooks.ts';
import { Devices } from './Devices.tsx';
import { PresenceChoice } from './PresenceChoice.tsx';

export function Account({ onClose, onLogOut, onNotifications }: { onClose: () => void; onLogOut: () => void; onNotifications: () => void }) {
  const model = useModel();
  const [isAdministrator, setAdministrator] = useState(false);
  const [code, setCode] = useState('');
  const user = model.people.get(model.me);
  useEffect(() => {
    void model.client.api.me().then(me => setAdministrator(me.isAdministrator), () => undefined);
  }, []);
  const invite = async () => setCode((await model.attempt(() => model.client.api.invite()))?.code ?? '');
  const waiting = model.client.pending.length;
  return (
    <Dialog title={user?.displayName ?? 'Account'} onClose={onClose}>
      <p>You are logged in as <strong>@{user?.name}</strong>{isAdministrator ? ', an administrator' : ''}.</p>
      <PresenceChoice />
      <p><button type="button" aria-haspopup="dialog" onClick={onNotifications}><Icon name="bell" /> Notifications</button></p>
      <Devices />
      {isAdministrator && <p><button type="button" onClick={invite}>Make an invite code</button> <output>{code}</output></p>}
      {waiting > 0 && <p class="error">{waiting === 1 ? 'One message is' : `${waiting} messages are`} not sent yet.</p>}
      <footer><button type="button" onClick={onLogOut}>Log out</button></footer>
    </Dialog>
  );
}
