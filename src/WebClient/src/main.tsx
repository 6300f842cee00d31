import { render } from 'preact';
import { App } from './views/App.tsx';
import './styles/base.css';
import './styles/layout.css';
import './styles/messages.css';
import './styles/forms.css';

render(<App />, document.getElementById('app')!);
