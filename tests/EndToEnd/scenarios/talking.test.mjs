import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, Person } from '../browser.mjs';
import { ChatServer } from '../server.mjs';

let server, browser, alice, bo;

before(async () => {
  server = await ChatServer.start();
  browser = await launch();
  alice = await Person.come(browser, server.url);
  bo = await Person.come(browser, server.url);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test('the first person sets up the server, the second registers', async () => {
  await alice.page.getByRole('heading', { name: 'Set up this server' }).waitFor();
  await alice.register('alice', 'Alice');
  await bo.page.reload();
  await bo.register('bob', 'Bo');
});

test('a wrong password is said, and the right one logs in', async () => {
  const other = await Person.come(browser, server.url);
  await other.page.getByLabel('User name').fill('alice');
  await other.page.getByLabel('Password').fill('not this one');
  await other.page.getByRole('button', { name: 'Log in' }).click();
  await other.page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
  await other.logIn('alice');
  await other.context.close();
});

test('a direct message arrives with its ticks, and typing shows', async () => {
  await alice.direct('bob');
  await alice.composer.pressSequentially('Hel');
  await alice.say('Hello Bo');
  await bo.conversation('Alice').getByText('1 unread').waitFor();
  await alice.message('Hello Bo').getByLabel('Delivered').waitFor();
  await bo.conversation('Alice').click();
  await bo.message('Hello Bo').waitFor();
  await alice.message('Hello Bo').getByLabel('Read').waitFor();
  await bo.composer.pressSequentially('Hi');
  await alice.page.locator('.typing', { hasText: 'Bo is typing' }).waitFor();
  await bo.say('Hi Alice');
  await alice.message('Hi Alice').waitFor();
});

test('reply, reaction, edit and deletion reach the other', async () => {
  const said = alice.message('Hi Alice');
  await said.hover();
  await said.getByRole('button', { name: 'Reply' }).click();
  await alice.say('An answer');
  await bo.message('An answer').locator('blockquote', { hasText: 'Hi Alice' }).waitFor();

  const answer = bo.message('An answer');
  await answer.hover();
  await answer.getByRole('button', { name: 'React' }).click();
  await answer.getByRole('button', { name: 'Party' }).click();
  await alice.message('An answer').getByRole('button', { name: /🎉, Bo/ }).waitFor();

  await alice.composer.press('ArrowUp');
  await alice.page.getByText('Editing').waitFor();
  assert.equal(await alice.composer.inputValue(), 'An answer');
  await alice.composer.fill('A better answer');
  await alice.composer.press('Enter');
  await bo.message('A better answer').getByText('edited').waitFor();

  const better = alice.message('A better answer');
  await better.hover();
  await better.getByRole('button', { name: 'Delete' }).click();
  await better.getByRole('button', { name: 'Delete', exact: true }).first().click();
  await bo.list.getByText('Message deleted').waitFor();
});

test('a group: create, mention, rename, leave, add again', async () => {
  await alice.group('Team', ['bob']);
  await alice.composer.pressSequentially('Look @b');
  await alice.page.getByRole('option', { name: /Bo/ }).waitFor();
  await alice.composer.press('Tab');
  await alice.composer.pressSequentially('here');
  await alice.composer.press('Enter');
  await bo.conversation('Team').click();
  await bo.message('Look @bob here').locator('.mention', { hasText: '@bob' }).waitFor();

  await alice.page.getByRole('button', { name: 'Members' }).click();
  const dialog = alice.page.getByRole('dialog');
  await dialog.getByLabel('Title').fill('The Team');
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await bo.page.getByRole('heading', { name: 'The Team' }).waitFor();

  await bo.page.getByRole('button', { name: 'Members' }).click();
  await bo.page.getByRole('button', { name: 'Leave group' }).click();
  await bo.page.getByRole('button', { name: 'Leave', exact: true }).click();
  await dialog.getByText('One member').waitFor();
  await dialog.getByLabel('Add people').fill('bob');
  await dialog.getByRole('button', { name: '@bob' }).click();
  await dialog.getByText('2 members').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await alice.say('Welcome back');
  await bo.conversation('The Team').click();
  await bo.message('Welcome back').waitFor();
});

test('older messages come while scrolling up, and the place stays', async () => {
  const eve = await server.user('eve');
  const id = crypto.randomUUID();
  const me = await alice.page.evaluate(() => JSON.parse(localStorage.getItem('mc.session')).user.id);
  await server.request('PUT', `conversations/${id}`, { token: eve.token, body: { title: 'Long', userIds: [me] } });
  for (let i = 1; i <= 330; i++) {
    await server.send(eve, id, `line ${i}`);
  }
  await alice.page.reload();
  await alice.conversation('Long').click();
  await alice.message(/^.*line 330/).waitFor();
  for (let i = 0; i < 20 && (await alice.list.getByText('line 1', { exact: true }).count()) === 0; i++) {
    await alice.page.locator('.messages').evaluate(box => (box.scrollTop = 0));
    await alice.page.waitForTimeout(150);
  }
  await alice.list.getByText('line 1', { exact: true }).waitFor();
  const texts = await alice.texts();
  assert.deepEqual(texts, Array.from({ length: 330 }, (_, i) => `line ${i + 1}`));
});

test('two tabs see the same, and logging out in one logs out the other', async () => {
  const second = await alice.tab();
  await second.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name: 'Long' }).click();
  await alice.say('from the first tab');
  await second.getByRole('list', { name: 'Messages' }).getByText('from the first tab').waitFor();
  await second.getByRole('button', { name: 'Alice' }).click();
  await second.getByRole('button', { name: 'Log out' }).click();
  await alice.page.getByRole('heading', { name: 'Log in' }).waitFor();
  await second.close();
});

test('nothing went wrong in the pages', () => assert.deepEqual([...alice.errors, ...bo.errors], []));
