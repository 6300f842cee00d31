// Calls between Chromium and Firefox, each of which begins one: what one says of its sound the other has to understand.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, Person } from './browser.mjs';
import { answer, bar, call, candidates, hangUp, hears, hearsNothing, PATIENCE, talks } from './calling.mjs';
import { ChatServer } from './server.mjs';
import { hearRecorded, instrument, TONES, VOICE, voiceOfFirefox } from './sound.mjs';
import { TurnServer } from './turn.mjs';

let turn, server, chromium, firefox, alice, bo;

before(async () => {
  turn = await TurnServer.start();
  server = await ChatServer.start([`--Calls:TurnUrls=turn:127.0.0.1:${turn.port}?transport=udp`, `--Calls:TurnSecret=${TurnServer.secret}`]);
  chromium = await launch('chromium', VOICE);
  firefox = await launch('firefox', voiceOfFirefox(TONES.bob));
  alice = await come(chromium, 'alice', 'Alice', TONES.alice, { permissions: ['microphone'] });
  bo = await come(firefox, 'bob', 'Bo');
  bo.hear = hearRecorded;
  await alice.direct('bob');
  await bo.direct('alice');
});

after(async () => {
  await chromium?.close();
  await firefox?.close();
  await server?.stop();
  await turn?.stop();
});

async function come(browser, name, shown, tone, options) {
  const person = await Person.come(browser, server.url, options);
  await person.context.addInitScript(instrument, tone);
  await person.page.reload();
  await person.register(name, shown);
  return person;
}

for (const [name, from] of [['Chromium calls Firefox', true], ['Firefox calls Chromium', false]]) {
  test(`${name}, and each hears the other`, async () => {
    const [caller, callee] = from ? [alice, bo] : [bo, alice];
    await call(caller, from ? 'Bo' : 'Alice');
    await answer(callee);
    await Promise.all([talks(alice), talks(bo)]);
    await Promise.all([hears(bo, 'alice'), hears(alice, 'bob')]);
    for (const person of [alice, bo]) {
      assert.deepEqual(await candidates(person), ['relay']);
    }
    await bar(bo).getByText(/^Connection (good|fair|poor)/).waitFor({ timeout: PATIENCE });
    await bar(bo).getByRole('button', { name: 'Mute' }).click();
    await hearsNothing(alice);
    await hangUp(caller);
    await bar(callee).waitFor({ state: 'detached', timeout: PATIENCE });
    await bar(caller).waitFor({ state: 'detached', timeout: PATIENCE });
    assert.deepEqual([...alice.errors, ...bo.errors], []);
  });
}
