import { useEffect, useState } from 'preact/hooks';
import { useModel } from '../state/hooks.ts';

const SOON = 800;

/** Says when there is no connection; not for the moment that a connection takes. */
export function ConnectionBar() {
  const model = useModel();
  const { state } = model.client;
  const isLive = state === 'live';
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (isLive) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), SOON);
    return () => clearTimeout(timer);
  }, [isLive]);
  const text = state === 'refused'
    ? 'The server does not accept this connection. Reload the page to try again.'
    : model.client.problem?.code === 'other_version'
    ? 'The server is of another version than this page. What you write is kept. Reload the page to get the right one.'
    : model.client.conversations.length === 0 ? 'Connecting…' : 'No connection. What you write is kept and sent as soon as there is one.';
  return (
    <div class="connection" data-state={state}>
      <p role="status">{isShown && !isLive ? text : ''}</p>
      {isShown && state === 'waiting' && <button type="button" class="link" onClick={() => model.client.wake()}>Try now</button>}
      {isLive && model.isOutdated && <p role="status">The server has been updated. <button type="button" class="link" onClick={() => location.reload()}>Reload</button></p>}
    </div>
  );
}
