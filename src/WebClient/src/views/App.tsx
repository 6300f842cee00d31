import { useEffect, useMemo, useState } from 'preact/hooks';
import { ChatModel } from '../state/chatModel.ts';
import { ModelProvider } from '../state/hooks.ts';
import { forgetSession, onSessionChange, savedSession, type SavedSession } from '../state/session.ts';
import { keep } from '../state/storage.ts';
import { Chat } from './Chat.tsx';
import { resetCode, ResetPassword } from './ResetPassword.tsx';
import { SignIn } from './SignIn.tsx';

export function App() {
  const [session, setSession] = useState(savedSession);
  const [note, setNote] = useState('');
  const [code, setCode] = useState(() => resetCode(location.hash));
  const reset = (said: string) => {
    history.replaceState(null, '', location.pathname);
    setCode(undefined);
    setNote(said);
  };
  useEffect(() => onSessionChange(() => setSession(savedSession())), []);
  return (
    <>
      {keep.isDenied && <p class="banner" role="status">This browser does not let pages keep data: you stay logged in only until you close or reload this page.</p>}
      {code ? <ResetPassword code={code} onDone={reset} /> : session
        ? <SignedIn key={session.token} session={session} onSignedOut={() => { forgetSession(); setNote('Your session has ended. Log in again; nothing that you wrote is lost.'); setSession(undefined); }} onLogOut={() => { forgetSession(); setNote(''); setSession(undefined); }} />
        : <SignIn note={note} onSignedIn={setSession} />}
    </>
  );
}

interface Props { session: SavedSession; onSignedOut: () => void; onLogOut: () => void }

function SignedIn({ session, onSignedOut, onLogOut }: Props) {
  const model = useMemo(() => new ChatModel(session, () => { void model.push.forget(); onSignedOut(); }), [session.token]);
  useEffect(() => model.start(), [model]);
  const logOut = async () => {
    await model.push.forget();
    await model.client.api.logOut().catch(() => undefined);
    onLogOut();
  };
  return <ModelProvider value={model}><Chat onLogOut={logOut} /></ModelProvider>;
}
