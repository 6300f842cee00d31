import { useRef, useState } from 'preact/hooks';
import { anonymous } from '../state/session.ts';
import { Field } from '../parts/Field.tsx';

/** The code of a one-time link, `#reset=CODE`. It stands behind the `#`, so that no server or proxy sees it in an address. */
export const resetCode = (hash: string) => /^#reset=([\w-]+)$/.exec(hash)?.[1];

/** Where an administrator's one-time link leads: a new password, then log-in. */
export function ResetPassword({ code, onDone }: { code: string; onDone: (note: string) => void }) {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState('');
  const alert = useRef<HTMLParagraphElement>(null);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget as HTMLFormElement).get('password') ?? '');
    setBusy(true);
    setFailure('');
    try {
      await anonymous.resetPassword(code, password);
      onDone('Your password is changed. Log in with it.');
    } catch (failed) {
      setFailure((failed as Error).message);
      setBusy(false);
      alert.current?.focus();
    }
  };

  return (
    <main class="sign-in">
      <form onSubmit={submit} aria-labelledby="title">
        <h1 id="title">Choose a new password</h1>
        <p>An administrator gave you this link. It works once; all your devices are logged out.</p>
        <p class="error" role="alert" tabIndex={-1} ref={alert}>{failure}</p>
        <Field label="New password" hint="At least 8 characters." name="password" type="password" autocomplete="new-password" required minLength={8} isWrong={failure !== ''} />
        <button class="primary" disabled={isBusy}>{isBusy ? 'One moment…' : 'Change password'}</button>
        <button type="button" class="link" onClick={() => onDone('')}>I know my password</button>
      </form>
    </main>
  );
}
