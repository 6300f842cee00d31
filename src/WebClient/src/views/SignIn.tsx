import { useEffect, useRef, useState } from 'preact/hooks';
import { ChatProblem, type ServerInfo } from '../../sdk/src/index.ts';
import { anonymous, device, saveSession, type SavedSession } from '../state/session.ts';
import { Field } from '../parts/Field.tsx';

type Mode = 'login' | 'register';

/** Log-in, registration, and the first administrator's set-up: what the server allows now. */
export function SignIn({ note, onSignedIn }: { note: string; onSignedIn: (session: SavedSession) => void }) {
  const [server, setServer] = useState<ServerInfo>();
  const [mode, setMode] = useState<Mode>('login');
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<{ text: string; field?: string }>();
  const alert = useRef<HTMLParagraphElement>(null);

  useEffect(() => {
    let timer = 0;
    const read = () => anonymous.server().then(
      found => { setServer(found); setFailure(undefined); },
      () => { setFailure({ text: 'The server cannot be reached. Trying again…' }); timer = window.setTimeout(read, 2000); });
    void read();
    return () => clearTimeout(timer);
  }, []);

  const isSetUp = server?.needsSetUp === true;
  const isNew = isSetUp || mode === 'register';
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? '').trim() || undefined;
    const name = text('name') ?? '';
    const password = String(form.get('password') ?? '');
    setBusy(true);
    setFailure(undefined);
    try {
      const signedIn = isNew
        ? await anonymous.register({ name, password, displayName: text('displayName'), invite: text('invite'), setupCode: text('setupCode'), device: device(name) })
        : await anonymous.logIn(name, password, device(name));
      onSignedIn(saveSession(signedIn));
    } catch (failed) {
      setFailure({ text: (failed as Error).message, field: failed instanceof ChatProblem ? failed.problem.field : undefined });
      setBusy(false);
      void anonymous.server().then(setServer, () => undefined);
      alert.current?.focus();
    }
  };

  const title = isSetUp ? 'Set up this server' : isNew ? 'Create an account' : 'Log in';
  const field = failure?.field;
  return (
    <main class="sign-in">
      <form onSubmit={submit} aria-labelledby="title">
        <p class="brand">{server?.name ?? 'ModularChat'}</p>
        <h1 id="title">{title}</h1>
        {note && !failure && <p role="status">{note}</p>}
        {isSetUp && <p>Nobody is here yet. The first account becomes the administrator.</p>}
        <p class="error" role="alert" tabIndex={-1} ref={alert}>{failure?.text}</p>
        <Field label="User name" name="name" autocomplete="username" required minLength={isNew ? 3 : 1} maxLength={32} isWrong={field === 'name'} />
        {isNew && <Field label="Shown name" hint="What others see. Your user name when empty." name="displayName" autocomplete="name" maxLength={64} isWrong={field === 'displayName'} />}
        <Field label="Password" hint={isNew ? 'At least 8 characters.' : undefined} name="password" type="password" autocomplete={isNew ? 'new-password' : 'current-password'} required isWrong={field === 'password'} />
        {isSetUp && <Field label="Setup code" hint="Only from another machine than the server's: it is in the server's output." name="setupCode" autocomplete="off" isWrong={field === 'setupCode'} />}
        {isNew && !isSetUp && server?.registration === 'invite' && <Field label="Invite code" hint="From an administrator." name="invite" autocomplete="off" required isWrong={field === 'invite'} />}
        <button class="primary" disabled={isBusy || !server}>{isBusy ? 'One moment…' : isNew ? 'Create account' : 'Log in'}</button>
        {server && !isSetUp && (server.registration === 'closed'
          ? <p class="quiet">New accounts are made by an administrator.</p>
          : <button type="button" class="link" onClick={() => { setMode(isNew ? 'login' : 'register'); setFailure(undefined); }}>{isNew ? 'I have an account' : 'Create an account'}</button>)}
      </form>
    </main>
  );
}
