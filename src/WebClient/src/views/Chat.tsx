import { useEffect } from 'preact/hooks';
import { open, useModel, useRoute } from '../state/hooks.ts';
import { CallBar } from './CallBar.tsx';
import { ConnectionBar } from './ConnectionBar.tsx';
import { Conversation } from './Conversation.tsx';
import { IncomingCall } from './IncomingCall.tsx';
import { RoomBar } from './RoomBar.tsx';
import { Sidebar } from './Sidebar.tsx';

export function Chat({ onLogOut }: { onLogOut: () => void }) {
  const model = useModel();
  const id = useRoute();
  const fold = id ? model.client.find(id) : undefined;
  const isReady = model.client.conversations.length > 0 || model.client.state === 'live';
  model.openId = id;
  const unread = model.client.conversations.reduce((sum, one) => sum + one.state.me.unread, 0);
  // Every change of a mark draws this again.
  useEffect(() => void (model.client.state === 'live' && model.push.sawAll(model.client.conversations)));
  useEffect(() => model.watch(), [id, fold?.state.stateSeq]);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ModularChat` : 'ModularChat';
  }, [unread]);
  useEffect(() => {
    // An address of a conversation that one is not in.
    if (id && !fold && model.client.state === 'live') {
      const timer = setTimeout(() => !model.client.find(id) && open(undefined), 3000);
      return () => clearTimeout(timer);
    }
  }, [id, !!fold, model.client.state]);
  return (
    <div class={id ? 'chat has-open' : 'chat'}>
      <div class="bars">
        <ConnectionBar />
        <CallBar />
        <RoomBar />
      </div>
      <Sidebar openId={id} isReady={isReady} onLogOut={onLogOut} />
      {fold
        ? <Conversation key={id} fold={fold} />
        : <main class="conversation empty"><p>{isReady ? 'Choose a conversation, or begin one.' : 'Loading…'}</p></main>}
      <IncomingCall />
      <p class="unseen" role="status" aria-live="polite">{model.announcement}</p>
      {model.notice && <p class={model.notice.isError ? 'notice error' : 'notice'} role={model.notice.isError ? 'alert' : 'status'}>{model.notice.text}</p>}
    </div>
  );
}
