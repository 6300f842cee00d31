import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ConversationFold } from '../../sdk/src/index.ts';
import { Icon } from '../parts/Icon.tsx';
import { day } from '../parts/times.ts';
import { happened, progress } from '../state/conversations.ts';
import { useModel } from '../state/hooks.ts';
import { floor, RowCache, rowsOf } from '../state/rows.ts';
import type { About } from './Conversation.tsx';
import { FailedMessage, PendingMessage } from './WaitingMessage.tsx';
import { Message } from './Message.tsx';

const NEAR = 300;

/** The messages; older ones come while scrolling up, and the place where one reads stays where it is. */
export function MessageList({ fold, onAbout }: { fold: ConversationFold; onAbout: (about: About) => void }) {
  const model = useModel();
  const { id } = fold.state;
  const cache = useMemo(() => new RowCache(), [id]);
  const rows = rowsOf(fold, model.pending(id), model.failed, cache);
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const before = useRef({ first: '', height: 0 });
  const [isAway, setAway] = useState(false);
  const firstSeq = fold.timeline.find(entry => entry.seq >= floor(fold))?.seq ?? fold.have + 1;
  const older = model.older(id);
  const hasOlder = !older.done && firstSeq > 1;
  const bySeq = new Map(fold.timeline.map(entry => [entry.seq, entry]));

  const loadOlder = () => {
    if (hasOlder && !older.loading && box.current && box.current.scrollTop < NEAR) {
      void model.loadOlder(fold, firstSeq);
    }
  };
  const markRead = () => {
    if (follows.current && document.visibilityState === 'visible' && document.hasFocus() && fold.state.me.role !== 'none' && fold.have > fold.state.me.read) {
      model.client.markRead(id, fold.have);
    }
  };
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    follows.current = scrollHeight - scrollTop - clientHeight < 60;
    setAway(!follows.current);
    markRead();
    loadOlder();
  };
  useLayoutEffect(() => {
    const element = box.current!;
    if (follows.current) {
      element.scrollTop = element.scrollHeight;
    } else if (before.current.first !== firstSeq.toString()) {
      element.scrollTop += element.scrollHeight - before.current.height;
    }
    before.current = { first: firstSeq.toString(), height: element.scrollHeight };
  });
  useEffect(() => {
    markRead();
    if (!older.failed) {
      loadOlder();
    }
  });
  useEffect(() => {
    const element = box.current!;
    const watcher = new ResizeObserver(() => follows.current && (element.scrollTop = element.scrollHeight));
    watcher.observe(element);
    addEventListener('focus', markRead);
    document.addEventListener('visibilitychange', markRead);
    return () => {
      watcher.disconnect();
      removeEventListener('focus', markRead);
      document.removeEventListener('visibilitychange', markRead);
    };
  }, [fold]);

  const move = (event: KeyboardEvent) => {
    const at = (event.target as Element).closest('li');
    const to = event.key === 'ArrowUp' ? at?.previousElementSibling : event.key === 'ArrowDown' ? at?.nextElementSibling : undefined;
    if (to instanceof HTMLElement && event.target === at) {
      event.preventDefault();
      to.focus();
    }
  };
  return (
    <div class="messages" ref={box} onScroll={onScroll}>
      <p class="older quiet" role="status">
        {older.loading ? 'Loading older messages…' : older.failed ? <button type="button" class="link" onClick={() => model.loadOlder(fold, firstSeq)}>Older messages could not be loaded. Try again</button> : ''}
      </p>
      <ol aria-label="Messages" onKeyDown={move}>
        {rows.map((row, i) => {
          const tab = i === rows.length - 1 ? 0 : -1;
          switch (row.type) {
            case 'day': return <li key={row.key} class="day" tabIndex={tab}><span>{day(row.at)}</span></li>;
            case 'event': return <li key={row.key} class="event" tabIndex={tab}><span dir="auto">{happened(model, row.entry)}</span></li>;
            case 'pending': return <PendingMessage key={row.key} send={row.send} follows={row.follows} tab={tab} />;
            case 'failed': return <FailedMessage key={row.key} failed={row.failed} tab={tab} />;
            case 'message': {
              const { entry } = row;
              const isOwn = entry.senderId === model.me;
              return (
                <Message
                  key={row.key} entry={entry} follows={row.follows} isSaving={row.isSaving} tab={tab} onAbout={onAbout}
                  answered={entry.body?.replyTo ? bySeq.get(entry.body.replyTo) : undefined}
                  kind={fold.state.kind} role={fold.state.me.role} sender={model.people.get(entry.senderId)}
                  progress={isOwn ? progress(fold.state.members, model.me, entry.seq) : undefined} />
              );
            }
          }
        })}
      </ol>
      {isAway && (
        <button type="button" class="icon to-end" aria-label="To the newest message" onClick={() => { follows.current = true; box.current!.scrollTop = box.current!.scrollHeight; }}><Icon name="down" /></button>
      )}
    </div>
  );
}
