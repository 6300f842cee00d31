// Two browsers side by side: who is there, across a lid that is closed; and one person on two devices.
// SCREENSHOTS=<folder> keeps what the first of them sees.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launch, launchAlone, Person } from '../browser.mjs';
import { ChatServer } from '../server.mjs';

let server, browser, lid, alice, bo;
const SMALL = { viewport: { width: 760, height: 460 }, colorScheme: 'light' };

before(async () => {
  server = await ChatServer.start(['--Gateway:HeartbeatSeconds=1', '--Gateway:OfflineAfterSeconds=4']);
  browser = await launch();
  lid = await launchAlone();
  alice = await Person.come(browser, server.url, SMALL);
  await alice.register('alice', 'Alice');
  bo = await Person.come(lid.browser, server.url, SMALL);
  await bo.register('bob', 'Bo');
  await bo.direct('alice');
  await bo.say('Are you there?');
  await alice.conversation('Bo').click();
  await alice.message('Are you there?').waitFor();
});

after(async () => {
  lid?.open();
  await lid?.browser.close();
  await browser?.close();
  await server?.stop();
});

const headOf = person => person.page.getByRole('main').locator('header');
const says = (person, text) => headOf(person).getByText(text).waitFor();
const dot = (person, state) => headOf(person).locator(`.avatar .dot.${state}`).waitFor();

async function picture(name) {
  if (process.env.SCREENSHOTS) {
    await alice.page.waitForTimeout(300);
    await alice.page.screenshot({ path: path.join(process.env.SCREENSHOTS, `presence-${name}.png`) });
  }
}

test('each sees that the other is online', async () => {
  await says(alice, 'Online');
  await dot(alice, 'online');
  await says(bo, 'Online');
  await alice.say('Yes, just came in.');
  await bo.message('Yes, just came in.').waitFor();
  await picture('online');
});

test('one sees the other typing, and then what was written, and that it was read', async () => {
  // Longer than typing is told again.
  const typing = bo.composer.pressSequentially('Good to see you here', { delay: 250 });
  await says(alice, 'Bo is typing…');
  await picture('typing');
  await typing;
  await bo.say('Good!');
  await alice.message('Good!').waitFor();
  await alice.say('See you at noon?');
  await bo.message('See you at noon?').waitFor();
  await alice.message('See you at noon?').getByLabel('Read').waitFor();
  await picture('read');
});

test('away, with a word about it, and do not disturb', async () => {
  const account = bo.page.getByRole('navigation', { name: 'Conversations' }).locator('button.person');
  const dialog = bo.page.getByRole('dialog');
  await account.click();
  await dialog.getByRole('button', { name: 'Away' }).click();
  await dialog.getByLabel('Status', { exact: true }).fill('At lunch');
  await dialog.getByRole('button', { name: 'Set', exact: true }).click();
  await says(alice, 'Away · At lunch');
  await dot(alice, 'away');
  await picture('away');
  await dialog.getByRole('button', { name: 'Do not disturb' }).click();
  await says(alice, 'Do not disturb · At lunch');
  await dialog.getByRole('button', { name: 'Invisible' }).click();
  await dot(alice, 'offline');
  await dialog.getByRole('button', { name: 'Online' }).click();
  await dot(alice, 'online');
  await dialog.getByRole('button', { name: 'Close' }).click();
});

test('a lid that is closed is noticed by the heartbeat, and so is that it opens', async () => {
  lid.close();
  const closed = Date.now();
  await dot(alice, 'offline');
  await says(alice, 'Last seen');
  console.log(`# offline ${Date.now() - closed} ms after the browser was stopped (offlineAfterSeconds is 4)`);
  await picture('offline');
  await alice.say('Read this when you are back.');
  lid.open();
  await bo.message('Read this when you are back.').waitFor();
  await dot(alice, 'online');
});

test('what is begun on one device goes on on another, and is gone once sent', async () => {
  const desk = await Person.come(browser, server.url, SMALL);
  await desk.logIn('bob');
  await desk.conversation('Alice').click();
  await bo.composer.fill('A long story begins');
  await desk.page.waitForFunction(() => document.querySelector('textarea')?.value === 'A long story begins');
  await desk.composer.fill('A long story ends');
  await bo.page.waitForFunction(() => document.querySelector('textarea')?.value === 'A long story ends');
  await bo.composer.press('Enter');
  await alice.message('A long story ends').waitFor();
  await desk.page.waitForFunction(() => document.querySelector('textarea')?.value === '');
  await desk.context.close();
});

test('a device is signed out from another one', async () => {
  const lost = await Person.come(browser, server.url, SMALL);
  await lost.logIn('bob');
  await bo.page.getByRole('navigation', { name: 'Conversations' }).locator('button.person').click();
  const devices = bo.page.getByRole('dialog').locator('.devices li');
  await devices.filter({ hasText: 'this one' }).waitFor();
  if (process.env.SCREENSHOTS) {
    await bo.page.screenshot({ path: path.join(process.env.SCREENSHOTS, 'devices.png') });
  }
  const others = devices.getByRole('button', { name: /Sign out/ });
  while ((await others.count()) > 0) {
    const left = await others.count();
    await others.first().click();
    await bo.page.waitForFunction(count => document.querySelectorAll('.devices button').length < count, left);
  }
  await lost.page.getByText('Your session has ended').waitFor();
  await bo.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await bo.say('still here');
  await alice.message('still here').waitFor();
  assert.deepEqual([...alice.errors, ...bo.errors, ...lost.errors], []);
});
