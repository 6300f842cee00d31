// Takes the pictures of calls and voice rooms in docs/screenshots: node screenshots.voice.mjs
import path from 'node:path';
import { launch, Person } from './browser.mjs';
import { ChatServer } from './server.mjs';
import { instrument, VOICE } from './sound.mjs';

const folder = path.resolve(import.meta.dirname, process.argv[2] ?? '../../docs/screenshots');
const server = await ChatServer.start();
const browser = await launch('chromium', VOICE);
const take = (person, name) => person.page.screenshot({ path: path.join(folder, `${name}.png`) });

async function come(name, shown, tone, more) {
  const person = await Person.come(browser, server.url, { permissions: ['microphone'], viewport: { width: 1000, height: 640 }, ...more });
  await person.context.addInitScript(instrument, tone);
  await person.page.reload();
  await person.register(name, shown);
  return person;
}

try {
  const alice = await come('alice', 'Alice Ferrant', 500, { colorScheme: 'light' });
  const bo = await come('bob', 'Bo Lindqvist', 1300, { colorScheme: 'dark' });
  const cyra = await come('cyra', 'Cyra', 2000);
  await alice.direct('bob');
  await alice.say('Do you have a minute?');
  await bo.conversation('Alice Ferrant').click();
  await alice.page.getByRole('button', { name: 'Call Bo Lindqvist' }).click();
  await bo.page.getByRole('alertdialog').waitFor();
  await take(bo, 'call-ringing-wide-dark');
  await bo.page.getByRole('button', { name: 'Answer' }).click();
  await alice.page.getByText('Connection good').waitFor({ timeout: 60_000 });
  await take(alice, 'call-wide-light');
  await alice.page.getByRole('button', { name: 'Hang up' }).click();

  await alice.group('Garden fair', ['bob', 'cyra']);
  await alice.say('Shall we talk about the tables?');
  await alice.page.getByRole('button', { name: 'Open the voice room' }).click();
  for (const person of [bo, cyra]) {
    await person.conversation('Garden fair').click();
    await person.page.getByRole('region', { name: 'Voice room', exact: true }).getByRole('button', { name: 'Join' }).click();
  }
  await cyra.page.getByRole('region', { name: 'Voice room of Garden fair' }).getByRole('button', { name: 'Mute' }).click();
  await alice.page.locator('section.call[data-linked="2"]').waitFor({ timeout: 60_000 });
  await alice.page.locator('.room li.speaks').nth(1).waitFor({ timeout: 60_000 });
  await alice.page.locator('.room li').getByText('muted').waitFor({ timeout: 60_000 });
  await take(alice, 'room-wide-light');
  await bo.page.setViewportSize({ width: 390, height: 720 });
  await bo.page.waitForTimeout(500);
  await take(bo, 'room-narrow-dark');
} finally {
  await browser.close();
  await server.stop();
}
