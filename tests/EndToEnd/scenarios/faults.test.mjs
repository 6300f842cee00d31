import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, Person } from '../browser.mjs';
import { Network } from '../network.mjs';
import { ChatServer } from '../server.mjs';

let server, browser, network, alice, bo;

before(async () => {
  server = await ChatServer.start(['--Gateway:HeartbeatSeconds=1', '--Gateway:OfflineAfterSeconds=5']);
  network = await Network.to(server.port);
  browser = await launch();
  alice = await Person.come(browser, server.url);
  await alice.register('alice', 'Alice');
  bo = await Person.come(browser, network.url);
  await bo.register('bob', 'Bo');
  await bo.direct('alice');
  await bo.say('hello');
  await alice.conversation('Bo').click();
  await alice.message('hello').waitFor();
});

after(async () => {
  await browser?.close();
  network?.close();
  await server?.stop();
});

async function bothHave(texts) {
  for (const person of [alice, bo]) {
    await person.message(texts.at(-1)).waitFor();
    await assert.doesNotReject(async () => {
      for (let i = 0; i < 100; i++) {
        if ((await person.texts()).join() === texts.join() && (await person.page.getByLabel('Sending').count()) === 0) {
          return;
        }
        await person.page.waitForTimeout(100);
      }
      assert.deepEqual(await person.texts(), texts);
    });
  }
}

test('what is written while the network is cut arrives, in order, once', async () => {
  network.cut();
  await bo.page.locator('.connection', { hasText: 'No connection' }).waitFor();
  await bo.say('one');
  await bo.say('two');
  await alice.say('meanwhile');
  await bo.message('two').getByLabel('Sending').waitFor();
  network.mend();
  await alice.message('two').waitFor();
  await bo.message('meanwhile').waitFor();
  await bothHave(['hello', 'meanwhile', 'one', 'two']);
});

test('a connection that fell silent is noticed and mended', async () => {
  network.silence();
  await alice.say('into the silence');
  await bo.say('from the silence');
  await bo.page.locator('.connection', { hasText: 'No connection' }).waitFor();
  network.cut();
  network.mend();
  await bothHave(['hello', 'meanwhile', 'one', 'two', 'into the silence', 'from the silence']);
});

test('a page that is reloaded without network still sends what was written', async () => {
  await bo.page.context().route('**/api/**', route => route.abort());
  network.cut();
  await bo.say('before the reload');
  await bo.message('before the reload').getByLabel('Sending').waitFor();
  network.mend();
  await bo.page.reload();
  await bo.page.context().unroute('**/api/**');
  await alice.message('before the reload').waitFor();
  await bothHave(['hello', 'meanwhile', 'one', 'two', 'into the silence', 'from the silence', 'before the reload']);
});

test('a server that is killed and comes back loses nothing, and no page is reloaded', async () => {
  await alice.page.evaluate(() => (window.sameVisit = true));
  await bo.page.evaluate(() => (window.sameVisit = true));
  const expected = await alice.texts();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 5; i++) {
      await bo.say(`round ${round} message ${i}`);
      expected.push(`round ${round} message ${i}`);
    }
    await server.kill();
    await bo.say(`round ${round} while it is down`);
    expected.push(`round ${round} while it is down`);
    await bo.page.locator('.connection', { hasText: 'No connection' }).waitFor();
    await server.run();
    await bothHave(expected);
  }
  assert.deepEqual([await alice.page.evaluate(() => window.sameVisit), await bo.page.evaluate(() => window.sameVisit)], [true, true]);
});

test('where WebSockets do not get through, long polling does', async () => {
  const cy = await Person.come(browser, server.url);
  await cy.page.addInitScript(() => {
    window.WebSocket = class {
      readyState = 3;
      constructor() { setTimeout(() => this.onclose?.({ code: 1006 }), 5); }
      close() {}
    };
  });
  await cy.page.reload();
  await cy.register('cyr', 'Cy');
  await cy.direct('alice');
  await cy.say('by polling');
  await alice.conversation('Cy').click();
  await alice.message('by polling').waitFor();
  await alice.say('heard');
  await cy.message('heard').waitFor();
  assert.deepEqual(cy.errors, []);
});

test('a browser that keeps nothing works for the visit and says so', async () => {
  const dee = await Person.come(browser, server.url);
  await dee.page.addInitScript(() => Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } }));
  await dee.page.reload();
  await dee.page.getByText('does not let pages keep data').waitFor();
  await dee.register('dee', 'Dee');
  await dee.direct('alice');
  await dee.say('for this visit');
  await alice.conversation('Dee').getByText('for this visit').waitFor();
  assert.deepEqual(dee.errors, []);
});

test('what was missed in a long absence is there when one scrolls up to it', async () => {
  const eve = await server.user('eve');
  const id = crypto.randomUUID();
  const me = await bo.page.evaluate(() => JSON.parse(localStorage.getItem('mc.session')).user.id);
  await server.request('PUT', `conversations/${id}`, { token: eve.token, body: { title: 'Busy', userIds: [me] } });
  await server.send(eve, id, 'line 0');
  await bo.conversation('Busy').click();
  await bo.message('line 0').waitFor();
  network.cut();
  for (let i = 1; i <= 350; i++) {
    await server.send(eve, id, `line ${i}`);
  }
  network.mend();
  await bo.message('line 350').waitFor();
  for (let i = 0; i < 40 && (await bo.list.getByText('line 0', { exact: true }).count()) === 0; i++) {
    await bo.page.locator('.messages').evaluate(box => (box.scrollTop = 0));
    await bo.page.waitForTimeout(150);
  }
  assert.deepEqual(await bo.texts(), Array.from({ length: 351 }, (_, i) => `line ${i}`));
});

test('a session that is ended elsewhere leads back to the log-in', async () => {
  const token = await bo.page.evaluate(() => JSON.parse(localStorage.getItem('mc.session')).token);
  await server.request('POST', 'logout', { token });
  await bo.page.getByText('Your session has ended').waitFor();
});
