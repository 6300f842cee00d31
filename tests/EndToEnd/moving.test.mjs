// Two who talk, one of them in a network namespace, as a phone that changes networks: its address is gone, and after a while it has another.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CHROMIUM, launch, PASSWORD, Person } from './browser.mjs';
import { Cable } from './cable.mjs';
import { answer, bar, call, candidates, hangUp, hears, hearsNothing, PATIENCE, talks } from './calling.mjs';
import { ChatServer } from './server.mjs';
import { instrument, TONES, VOICE } from './sound.mjs';
import { TurnServer } from './turn.mjs';

const skip = Cable.missing;
let cable, turn, server, desk, phone, alice, bo;

before(async () => {
  if (skip) {
    return;
  }
  cable = await Cable.lay();
  turn = await TurnServer.start(cable.here);
  const setupCode = 'a code of tests';
  // More than the 15 s of every day: browsers on a busy machine take their time.
  server = await ChatServer.start([`--Identity:SetupCode=${setupCode}`, '--Calls:ReconnectSeconds=60', `--Calls:TurnUrls=turn:${cable.here}:${turn.port}?transport=udp`, `--Calls:TurnSecret=${TurnServer.secret}`], cable.here);
  // Its address is not the machine's own: the first account needs the code.
  await server.request('POST', 'register', { body: { name: 'carol', password: PASSWORD, setupCode } });
  const switches = [...VOICE, `--unsafely-treat-insecure-origin-as-secure=${server.url}`];
  desk = await launch('chromium', switches);
  phone = await launch('chromium', switches, await cable.program(CHROMIUM));
  alice = await come(desk, 'alice', 'Alice');
  bo = await come(phone, 'bob', 'Bo');
  await alice.direct('bob');
  await bo.direct('alice');
});

after(async () => {
  await desk?.close();
  await phone?.close();
  await server?.stop();
  await turn?.stop();
  await cable?.cut();
});

async function come(browser, name, shown) {
  const person = await Person.come(browser, server.url, { permissions: ['microphone'] });
  await person.context.addInitScript(instrument, TONES[name]);
  await person.page.reload();
  await person.register(name, shown);
  return person;
}

/** The line that names the addresses an end has gathered: another after each ICE restart. */
const gathering = person => person.page.evaluate(() => /^a=ice-ufrag:.*$/m.exec(peers.at(-1).localDescription.sdp)[0]);

test('a call outlives the change of network of one end: its old addresses are dead, both look for each other anew and are heard again', { skip }, async () => {
  await call(alice, 'Bo');
  await answer(bo);
  await Promise.all([talks(alice), talks(bo)]);
  await hears(bo, 'alice');
  await hears(alice, 'bob');
  for (const person of [alice, bo]) {
    assert.deepEqual(await candidates(person), ['relay']);
  }
  const before = await Promise.all([alice, bo].map(gathering));

  cable.leave();
  await Promise.all([bar(bo).getByText('Connecting again').waitFor({ timeout: PATIENCE }), ...[alice, bo].map(hearsNothing)]);

  cable.comeInto(1);
  for (const [i, person] of [alice, bo].entries()) {
    await person.page.waitForFunction(before => !peers.at(-1).localDescription.sdp.includes(before), before[i], { timeout: PATIENCE });
  }
  await Promise.all([talks(alice), talks(bo), hears(bo, 'alice'), hears(alice, 'bob')]);
  await hangUp(bo);
  await alice.page.waitForFunction(() => window.notes.some(note => note.includes('The call has ended')), undefined, { timeout: PATIENCE });
  assert.deepEqual([...alice.errors, ...bo.errors], []);
});
