import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, Person } from '../browser.mjs';
import { ChatServer } from '../server.mjs';

let server, browser, alice, bo;

before(async () => {
  server = await ChatServer.start();
  browser = await launch();
  alice = await Person.come(browser, server.url);
  await alice.register('alice', 'Alice');
  bo = await Person.come(browser, server.url);
  await bo.register('bob', 'Bo');
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test('an administrator\'s one-time link gives a new password, once', async () => {
  const { token } = await alice.page.evaluate(() => JSON.parse(localStorage.getItem('mc.session')));
  const ask = async (method, path) => {
    const response = await fetch(new URL(`/api/v1/${path}`, server.url), { method, headers: { Authorization: `Bearer ${token}` } });
    assert.equal(response.status, 200, path);
    return response.json();
  };
  const { users: [user] } = await ask('GET', 'users?prefix=bob');
  const { code } = await ask('POST', `admin/users/${user.id}/reset`);

  const link = new URL(`/#reset=${code}`, server.url).href;
  const again = await Person.come(browser, link);
  await again.page.getByLabel('New password', { exact: true }).fill('a wholly new secret');
  await again.page.getByRole('button', { name: 'Change password' }).click();
  await again.page.getByText('Log in with it').waitFor();
  assert.equal(new URL(again.page.url()).hash, '');
  await again.page.getByLabel('User name').fill('bob');
  await again.page.getByLabel('Password').fill('a wholly new secret');
  await again.page.getByRole('button', { name: 'Log in' }).click();
  await again.page.getByRole('navigation', { name: 'Conversations' }).waitFor();
  // The device that was logged in with the old password is out.
  await bo.page.getByText('Your session has ended').waitFor();

  const late = await Person.come(browser, link);
  await late.page.getByLabel('New password', { exact: true }).fill('somebody else wants in');
  await late.page.getByRole('button', { name: 'Change password' }).click();
  await late.page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
});
