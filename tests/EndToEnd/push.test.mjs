import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, Person } from './browser.mjs';
import { PushService } from './pushService.mjs';
import { ChatServer } from './server.mjs';

const PATIENCE = 60_000;
let service, server, alice, firefox, chromium;

before(async () => {
  service = await PushService.start();
  server = await ChatServer.start(PushService.settings);
  alice = await server.user('alice');
});

after(async () => {
  await firefox?.close();
  await chromium?.close();
  await server?.stop();
  service?.stop();
});

/** Until it is so; a browser and its push service take their time. */
async function until(what, ask, isRight) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await ask();
    if (isRight(found)) {
      return found;
    }
    assert.ok(Date.now() < end, `${what}: ${JSON.stringify(found)}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

const shown = page => page.evaluate(async () => {
  const all = await (await navigator.serviceWorker.getRegistration('/'))?.getNotifications() ?? [];
  return all.map(({ title, body, tag, data }) => ({ title, body, tag, seq: data?.seq }));
});
const tokenOf = page => page.evaluate(() => JSON.parse(localStorage.getItem('mc.session')).token);
const dialog = person => person.page.getByRole('dialog');

async function settingsOf(person) {
  await person.page.getByRole('navigation').getByRole('button').first().click();
  await dialog(person).getByRole('button', { name: 'Notifications' }).click();
  await dialog(person).getByRole('heading', { name: 'When you are not told' }).waitFor();
}

test('Firefox is told of a message while no page is open, says what was written, and takes it back when it was read elsewhere', async () => {
  firefox = await launch('firefox', service.preferences);
  const bo = await Person.come(firefox, server.url);
  await bo.register('bob', 'Bo');
  const token = await tokenOf(bo.page);
  const ask = (method, route, body) => server.request(method, route, { token, body });
  const me = await ask('GET', 'me');
  const { id: conversation } = await server.request('PUT', `conversations/direct/${(me.user ?? me).id}`, { token: alice.token });
  await settingsOf(bo);
  await dialog(bo).getByRole('button', { name: 'Turn on here' }).click();
  await dialog(bo).getByText('This device is notified').waitFor({ timeout: PATIENCE });
  await dialog(bo).getByRole('list', { name: 'Notified devices' }).getByText('Firefox on Linux').waitFor();
  await dialog(bo).getByRole('button', { name: 'Send a test' }).click();
  await dialog(bo).getByText('Test: The push service has it').or(dialog(bo).getByText('Test: Shown on the device')).waitFor({ timeout: PATIENCE });
  await until('the test is shown', () => shown(bo.page), all => all[0]?.body === 'Notifications reach this device.');

  // A page without the app, of the same origin: only the worker is there.
  const bare = await bo.context.newPage();
  await bare.goto(`${server.url}/icon.svg`);
  await bo.page.close();
  const { seq } = await server.send(alice, conversation, 'Grüße, 世界 😀');
  const all = await until('the message is shown', () => shown(bare), all => all.some(one => one.tag === conversation));
  assert.deepEqual(all.find(one => one.tag === conversation), { title: 'alice', body: 'Grüße, 世界 😀', tag: conversation, seq });
  assert.ok(service.posted.length >= 2);
  assert.ok(service.posted.every(({ body, headers }) => !body.includes('世界') && headers['content-encoding'] === 'aes128gcm'));
  await until('the device says that it was shown', () => ask('GET', `me/push/trace?messageId=${conversation}:${seq}`), ({ steps }) => steps.some(({ step }) => step === 'shown'));

  // On another device.
  await ask('POST', `conversations/${conversation}/marks`, { read: seq });
  await until('what was read elsewhere is gone', () => shown(bare), all => all.every(one => one.tag !== conversation));

  // Signing out ends it, here and at the service.
  const page = await bo.tab();
  await page.getByRole('navigation').getByRole('button').first().click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('button', { name: 'Log in' }).waitFor({ timeout: PATIENCE });
  await until('the subscription is gone', async () => service.channels.size, size => size === 0);
  await bo.context.close();
  assert.deepEqual(bo.errors, []);
});

test('Chromium shows pushes by conversation, once, not where one looks, opens the right conversation and clears what is read', async () => {
  chromium = await launch('chromium', ['--host-resolver-rules=MAP chat.test 127.0.0.1']);
  const bo = await Person.come(chromium, server.url, { permissions: ['notifications'] });
  await bo.register('bodil', 'Bodil');
  await bo.direct('alice');
  const conversation = new URL(bo.page.url()).hash.slice(4);
  await bo.group('Team', ['alice']);
  await settingsOf(bo);
  // In a window that keeps nothing the browser refuses; the worker is there all the same.
  await dialog(bo).getByRole('button', { name: 'Turn on here' }).click();
  await dialog(bo).getByRole('alert').getByText('The browser').waitFor({ timeout: PATIENCE });
  await bo.page.keyboard.press('Escape');

  const cdp = await bo.context.newCDPSession(bo.page);
  const registered = new Promise(resolve => cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && resolve(registrations[0].registrationId)));
  await cdp.send('ServiceWorker.enable');
  const registrationId = await registered;
  const push = data => cdp.send('ServiceWorker.deliverPushMessage', { origin: server.url, registrationId, data: JSON.stringify({ kind: 'message', conversationId: conversation, ...data }) });
  const { seq: first } = await server.send(alice, conversation, 'one');
  const { seq: second } = await server.send(alice, conversation, 'two');
  const sender = { id: alice.id, name: 'alice' };

  await push({ id: 'a', seq: first, sender, text: 'one', conversationKind: 'direct' });
  await until('the first', () => shown(bo.page), all => all[0]?.body === 'one');
  // Nothing but an id: the worker asks the server. In the place of the one before.
  await push({ id: 'b', seq: second });
  assert.deepEqual(await until('the second', () => shown(bo.page), all => all[0]?.body === 'two'), [{ title: 'alice', body: 'two', tag: conversation, seq: second }]);
  // Again: closed meanwhile, it does not come back. The one after it shows that it was passed by.
  await bo.page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).forEach(one => one.close()));
  await push({ id: 'b', seq: second, sender, text: 'two' });
  await push({ id: 'c', kind: 'test', conversationId: undefined });
  await until('only the test', () => shown(bo.page), all => all.length === 1 && all[0].tag === 'test');

  await push({ id: 'd', seq: second, sender, text: 'two' });
  await until('both', () => shown(bo.page), all => all.length === 2);
  const worker = bo.context.serviceWorkers()[0] ?? await bo.context.waitForEvent('serviceworker');
  await worker.evaluate(async tag => {
    const [notification] = await registration.getNotifications({ tag });
    const click = new NotificationEvent('notificationclick', { notification });
    // Only the browser's own clicks may be waited for; what is done about them is the same.
    Object.defineProperty(click, 'waitUntil', { value: () => undefined });
    dispatchEvent(click);
  }, conversation);
  await bo.page.waitForURL(url => url.hash === `#/c/${conversation}`);
  await bo.message('two').waitFor();
  await until('a click closes it', () => shown(bo.page), all => all.every(one => one.tag !== conversation));

  // It is open before one's eyes.
  const { seq: third } = await server.send(alice, conversation, 'three');
  await push({ id: 'e', seq: third + 1, sender, text: 'three' });
  await push({ id: 'e2', kind: 'call', callId: 'x', sender });
  const another = crypto.randomUUID();
  await push({ id: 'f', seq: 1, sender, text: 'elsewhere', conversationId: another });
  await until('that of another conversation', () => shown(bo.page), all => all.some(one => one.tag === another));
  assert.equal((await shown(bo.page)).some(one => one.tag.includes(conversation)), false);

  // Read elsewhere: what stands of it goes, and what comes late is not shown.
  await bo.conversation('Team').click();
  await push({ id: 'g', seq: third + 1, sender, text: 'four' });
  await until('the fourth', () => shown(bo.page), all => all.some(one => one.tag === conversation));
  await push({ id: 'h', kind: 'read', seq: third + 1, unread: 0 });
  await until('it was read elsewhere', () => shown(bo.page), all => all.every(one => one.tag !== conversation));

  // A call rings in the page that is there, else by a notification, until it rings no longer.
  await bo.page.goto(`${server.url}/icon.svg`);
  await push({ id: 'i', kind: 'call', callId: 'x', sender });
  await until('the call', () => shown(bo.page), all => all.some(one => one.tag === `call ${conversation}` && one.body === 'is calling you'));
  await bo.page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).forEach(one => !one.tag.startsWith('call') && one.close()));
  await push({ id: 'j', kind: 'callEnded', callId: 'x' });
  await until('the call has ended', () => shown(bo.page), all => all.length === 0);
  assert.deepEqual(bo.errors, []);

  const outside = await Person.come(chromium, server.url.replace('127.0.0.1', 'chat.test'));
  await outside.register('dora');
  await settingsOf(outside);
  await dialog(outside).getByRole('alert').getByText('only to secure pages').waitFor();
  assert.equal(await dialog(outside).getByRole('button', { name: 'Turn on here' }).isDisabled(), true);
  await outside.context.close();
});

test('what one wants to be told of is chosen for all conversations and for one', async () => {
  const bo = await Person.come(chromium, server.url);
  await bo.register('boris');
  const token = await tokenOf(bo.page);
  const settings = () => server.request('GET', 'me/push/settings', { token });
  await bo.group('Team', ['alice']);
  const conversation = new URL(bo.page.url()).hash.slice(4);
  await bo.page.getByRole('button', { name: 'Notifications' }).click();
  await dialog(bo).getByLabel('Notify me of').selectOption('Mentions');
  await until('the level of one', settings, ({ conversations }) => conversations[0]?.level === 'mentions' && conversations[0].conversationId === conversation);
  await dialog(bo).getByRole('button', { name: '1 hour' }).click();
  await dialog(bo).getByText('Muted until').waitFor();
  await dialog(bo).getByRole('button', { name: 'Close' }).click();
  await bo.page.getByRole('button', { name: 'Notifications: muted' }).waitFor();

  await settingsOf(bo);
  await dialog(bo).getByLabel('Notify me of', { exact: true }).selectOption('Mentions and direct messages');
  await dialog(bo).getByLabel('A notification says').selectOption('Who wrote');
  await dialog(bo).getByLabel('Quiet hours').first().check();
  await dialog(bo).getByLabel('From').fill('23:30');
  await dialog(bo).getByLabel('Time zone').selectOption('Europe/Berlin');
  const { level, content, quietHours } = await until('what is chosen', settings, ({ quietHours }) => quietHours?.timeZone === 'Europe/Berlin' && quietHours.from === '23:30');
  assert.deepEqual({ level, content, quietHours }, { level: 'mentions', content: 'sender', quietHours: { from: '23:30', to: '07:00', timeZone: 'Europe/Berlin' } });
  await dialog(bo).getByLabel('Notify me of, in Team').selectOption('As everywhere');
  await until('as everywhere', settings, ({ conversations }) => conversations.length === 0);
  await dialog(bo).getByLabel('Do not disturb').check();
  await until('not to be disturbed', () => server.request('GET', 'me/presence', { token }), ({ chosen }) => chosen === 'dnd');
  assert.deepEqual(bo.errors, []);
});
