import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { PASSWORD } from './browser.mjs';
import { ChatServer } from './server.mjs';

const sdk = path.resolve(import.meta.dirname, '../../src/WebClient/sdk');
let server, folder, bot;

before(async () => {
  server = await ChatServer.start();
  folder = await mkdtemp(path.join(tmpdir(), 'modularchat-bot-'));
  await mkdir(path.join(folder, 'node_modules'));
  await symlink(sdk, path.join(folder, 'node_modules/modularchat-client'));
  await symlink(path.resolve(import.meta.dirname, 'node_modules/ws'), path.join(folder, 'node_modules/ws'));
});

after(async () => {
  bot?.kill();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('the bot of the README runs as written, and goes on after the server was killed', async () => {
  const code = /```js\n([\s\S]*?)```/.exec(await readFile(path.join(sdk, 'README.md'), 'utf8'))[1];
  assert.ok(code.split('\n').length <= 30);
  await writeFile(path.join(folder, 'bot.mjs'), code);
  const alice = await server.user('alice');
  const echo = await server.user('echo');
  const { id } = await server.request('PUT', `conversations/direct/${echo.id}`, { token: alice.token });
  await server.send(alice, id, 'before it came');
  bot = spawn('node', ['bot.mjs'], { cwd: folder, env: { ...process.env, CHAT_URL: server.url, CHAT_PASSWORD: PASSWORD }, stdio: 'inherit' });
  await heard(alice, id, ['before it came', 'You said: before it came']);
  await server.send(alice, id, 'live');
  await heard(alice, id, ['before it came', 'You said: before it came', 'live', 'You said: live']);
  await server.kill();
  await server.run();
  await server.send(alice, id, 'again');
  await heard(alice, id, ['before it came', 'You said: before it came', 'live', 'You said: live', 'again', 'You said: again']);
});

async function heard(user, id, texts) {
  for (let i = 0; ; i++) {
    const { entries } = await server.request('GET', `conversations/${id}/messages`, { token: user.token });
    const found = entries.filter(entry => entry.kind === 'message').map(entry => entry.body.text);
    if (found.length >= texts.length || i > 150) {
      assert.deepEqual(found, texts);
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
