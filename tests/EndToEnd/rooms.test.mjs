import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, Person } from './browser.mjs';
import { JanusServer } from './janus.mjs';
import { ChatServer } from './server.mjs';
import { instrument, loudness, TONES, VOICE } from './sound.mjs';

const HEARD = -60;
const PATIENCE = 60_000;
let janus, server, browser, people;

before(async () => {
  janus = await JanusServer.start();
  server = await ChatServer.start(['--Calls:MeshLimit=3', `--Calls:JanusUrls=${janus.url}`, `--Calls:JanusSecret=${JanusServer.secret}`]);
  browser = await launch('chromium', VOICE);
  people = {};
  for (const name of Object.keys(TONES)) {
    const person = await Person.come(browser, server.url, { permissions: ['microphone'] });
    await person.context.addInitScript(instrument, TONES[name]);
    await person.page.reload();
    await person.register(name, name);
    people[name] = person;
  }
  await people.alice.group('Team', ['bob', 'carol', 'dora']);
  for (const name of ['bob', 'carol', 'dora']) {
    await people[name].conversation('Team').click();
  }
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await janus?.stop();
});

const strip = person => person.page.getByRole('region', { name: 'Voice room', exact: true });
const bar = person => person.page.getByRole('region', { name: 'Voice room of Team' });
const join = person => strip(person).getByRole('button', { name: 'Join' }).click();
const linked = (person, mode, others) => person.page.locator(`section.call[data-phase=in][data-mode=${mode}][data-others="${others}"][data-linked="${mode === 'mixed' ? 1 : others}"]`).waitFor({ timeout: PATIENCE });

/** That of all tones just those come out of the person's loudspeakers. */
async function hears(name, others) {
  const end = Date.now() + PATIENCE;
  let levels;
  do {
    levels = await loudness(people[name].page, TONES);
    if (Object.entries(levels).every(([other, level]) => (level > HEARD) === others.includes(other))) {
      return;
    }
  } while (Date.now() < end);
  assert.fail(`${name} was to hear ${others}, and it was ${JSON.stringify(levels)}`);
}

test('three in a voice room hear each other, see who speaks, and mute, deafen and silence', async () => {
  const { alice, bob, carol } = people;
  await alice.page.getByRole('button', { name: 'Open the voice room' }).click();
  await join(bob);
  await join(carol);
  await Promise.all([linked(alice, 'mesh', 2), linked(bob, 'mesh', 2), linked(carol, 'mesh', 2)]);
  await hears('alice', ['bob', 'carol']);
  await hears('bob', ['alice', 'carol']);
  await hears('carol', ['alice', 'bob']);
  // Who is not in sees who is, and who speaks.
  for (const name of ['alice', 'bob', 'carol']) {
    await strip(people.dora).locator('li.speaks', { hasText: name }).waitFor({ timeout: PATIENCE });
  }

  await bar(alice).getByRole('button', { name: 'Mute' }).click();
  await strip(bob).locator('li', { hasText: 'alice' }).getByText('muted').waitFor({ timeout: PATIENCE });
  await hears('bob', ['carol']);
  await bar(alice).getByRole('button', { name: 'Unmute' }).click();
  await bar(bob).getByRole('button', { name: 'Deafen' }).click();
  await strip(carol).getByText('does not hear').waitFor({ timeout: PATIENCE });
  await hears('bob', []);
  await bar(bob).getByRole('button', { name: 'Hear' }).click();
  await hears('bob', ['alice', 'carol']);
  assert.equal(await strip(bob).getByRole('button', { name: /Silence/ }).count(), 0);
  await strip(alice).getByRole('button', { name: 'Silence bob' }).click();
  await strip(carol).getByText('silenced').waitFor({ timeout: PATIENCE });
  await hears('carol', ['alice']);
  await strip(alice).getByRole('button', { name: 'Let bob speak' }).click();
  await hears('carol', ['alice', 'bob']);
});

test('with a fourth the room moves to the mixer, outlives the server and the mixer, and ends with the last who leaves', async () => {
  const { alice, bob, carol, dora } = people;
  await join(dora);
  await Promise.all(Object.values(people).map(person => linked(person, 'mixed', 3)));
  await hears('alice', ['bob', 'carol', 'dora']);
  await hears('dora', ['alice', 'bob', 'carol']);
  await hears('bob', ['alice', 'carol', 'dora']);

  await server.kill();
  await hears('carol', ['alice', 'bob', 'dora']);
  await server.run();
  // Whoever says that they are there is there still, and the others are told what they do.
  await bar(bob).getByRole('button', { name: 'Mute' }).click();
  await strip(alice).locator('li', { hasText: 'bob' }).getByText('muted').waitFor({ timeout: PATIENCE });
  await hears('alice', ['carol', 'dora']);

  // Another mixer, or the same with nothing remembered: the room is made anew there by itself.
  await janus.kill();
  await hears('carol', []);
  await janus.run();
  await hears('carol', ['alice', 'dora']);
  await hears('alice', ['carol', 'dora']);

  await bar(dora).getByRole('button', { name: 'Leave' }).click();
  await strip(dora).getByRole('button', { name: 'Join' }).waitFor({ timeout: PATIENCE });
  await hears('alice', ['carol']);
  await carol.page.close();
  await strip(alice).locator('li', { hasText: 'carol' }).waitFor({ state: 'detached', timeout: PATIENCE });
  await bar(bob).getByRole('button', { name: 'Leave' }).click();
  await bar(alice).getByRole('button', { name: 'Leave' }).click();
  await strip(dora).waitFor({ state: 'detached', timeout: PATIENCE });
  await dora.list.locator('.event').last().filter({ hasText: /Voice room · \d+:\d\d/ }).waitFor({ timeout: PATIENCE });
  assert.deepEqual(Object.values(people).flatMap(person => person.errors), []);
});
