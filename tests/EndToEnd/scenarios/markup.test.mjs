import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, Person } from '../browser.mjs';
import { ChatServer } from '../server.mjs';
import corpus from '../xss.json' with { type: 'json' };

let server, browser, alice;

before(async () => {
  server = await ChatServer.start();
  browser = await launch();
  alice = await Person.come(browser, server.url);
  await alice.register('alice', 'Alice');
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test('messages, titles and names made of markup are shown as text', async () => {
  const mallory = await server.user('mallory');
  await server.request('PATCH', 'me', { token: mallory.token, body: { displayName: '<img src=x onerror=alert(1)>' } });
  const me = await alice.page.evaluate(() => JSON.parse(localStorage.getItem('mc.session')).user.id);
  const id = crypto.randomUUID();
  await server.request('PUT', `conversations/${id}`, { token: mallory.token, body: { title: '<script>alert(1)</script>', userIds: [me] } });
  for (const text of corpus) {
    await server.send(mallory, id, text);
  }
  await alice.conversation('<script>alert(1)</script>').click();
  await alice.message(corpus.at(-1)).first().waitFor();
  assert.deepEqual(await alice.texts(), corpus);

  const found = await alice.page.evaluate(() => ({
    foreign: [...document.querySelectorAll('.text, .title, .sender, .preview, h1')].flatMap(at => [...at.querySelectorAll('*')]).map(at => at.tagName).filter(tag => tag !== 'A' && tag !== 'STRONG'),
    links: [...document.querySelectorAll('.text a')].map(at => at.href).filter(href => !/^https?:\/\//.test(href)),
    handlers: [...document.querySelectorAll('*')].flatMap(at => at.getAttributeNames()).filter(name => name.startsWith('on')),
    ran: window.xss,
  }));
  assert.deepEqual(found, { foreign: [], links: [], handlers: [], ran: undefined });
  assert.deepEqual(alice.errors, []);
});

test('the page is served under a strict policy, and the API never answers with it', async () => {
  for (const path of ['/', '/some/where']) {
    const page = await fetch(server.url + path);
    assert.match(page.headers.get('content-type'), /^text\/html/);
    assert.match(page.headers.get('content-security-policy'), /default-src 'none'; script-src 'self';.*trusted-types worker/);
  }
  for (const path of ['/api/v1/nothing', '/api', '/health/nothing', '/hubs/nothing', '/missing.js']) {
    const answer = await fetch(server.url + path);
    assert.equal(answer.status, 404, path);
    assert.match(answer.headers.get('content-type'), /^application\/problem\+json/, path);
  }
});

test('the policy stops a script that got into the page', async () => {
  const blocked = await alice.page.evaluate(() => {
    try {
      document.body.innerHTML += '<img src=x onerror="window.xss = 1">';
      return false;
    } catch {
      return true;
    }
  });
  assert.equal(blocked, true);
});
