import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { launch, Person } from './browser.mjs';
import { answer, bar, call, candidates, hangUp, hears, hearsNothing, PATIENCE, ringing, talks } from './calling.mjs';
import { ChatServer } from './server.mjs';
import { instrument, TONES, VOICE } from './sound.mjs';
import { TurnServer } from './turn.mjs';

const RING_SECONDS = 20;
let server, browser, alice, bo, phone, carol;

before(async () => {
  server = await ChatServer.start([`--Calls:RingSeconds=${RING_SECONDS}`, '--Calls:CallsPerMinute=1000']);
  browser = await launch('chromium', [...VOICE, '--host-resolver-rules=MAP chat.test 127.0.0.1']);
  ({ alice, bo, carol } = await meet(server));
  phone = await Person.come(browser, server.url);
  await phone.logIn('bob');
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

// One test that fails leaves no call to the next.
beforeEach(async () => {
  for (const person of [alice, bo, carol]) {
    const end = bar(person).getByRole('button', { name: /Hang up|Close/ });
    while (await end.count() > 0) {
      await end.click();
      await person.page.waitForTimeout(200);
    }
  }
});

/** Alice and Bo with their conversation open, and Carol with hers with Bo. */
async function meet(server) {
  const come = async (name, shown) => {
    const person = await Person.come(browser, server.url, { permissions: ['microphone'] });
    await person.context.addInitScript(instrument, TONES[name]);
    await person.page.reload();
    await person.register(name, shown);
    return person;
  };
  const people = { alice: await come('alice', 'Alice'), bo: await come('bob', 'Bo'), carol: await come('carol', 'Carol') };
  await people.alice.direct('bob');
  await people.carol.direct('bob');
  await people.bo.direct('alice');
  return people;
}

/** That it was shown: it goes by itself after some seconds. */
const over = (person, text) => person.page.waitForFunction(text => window.notes.some(note => note.includes(text)), text, { timeout: 2 * RING_SECONDS * 1000 }).then(() => person.page.evaluate(() => window.notes.splice(0)));
const free = async (...people) => { for (const person of people) await bar(person).waitFor({ state: 'detached' }); };

async function lastIs(person, text) {
  await person.list.locator('.event').last().filter({ hasText: text }).waitFor();
}

test('a call rings on both devices, stops where it was not answered, and each hears the other', async () => {
  await call(alice, 'Bo');
  await ringing(bo).getByText('Alice is calling').waitFor();
  await ringing(phone).waitFor();
  await answer(bo);
  await ringing(phone).waitFor({ state: 'detached' });
  await Promise.all([talks(alice), talks(bo)]);
  await hears(bo, 'alice');
  await hears(alice, 'bob');
  assert.equal((await alice.page.evaluate(() => window.wanted)).echoCancellation, true);
  const sdp = await alice.page.evaluate(() => peers.at(-1).remoteDescription.sdp);
  for (const wanted of ['useinbandfec=1', 'usedtx=1', 'a=ptime:20']) {
    assert.ok(sdp.includes(wanted), wanted);
  }
  await bar(alice).locator('.who.speaks').waitFor();
  await bar(alice).getByText('Direct').waitFor();
  await bar(alice).getByText('Connection good').waitFor();

  await bar(alice).getByRole('button', { name: 'Mute' }).click();
  await hearsNothing(bo);
  await bar(alice).getByRole('button', { name: 'Unmute' }).click();
  await hears(bo, 'alice');

  await hangUp(bo);
  await over(alice, 'The call has ended');
  await lastIs(alice, /You called · 0:\d\d/);
  await lastIs(bo, /Alice called · 0:\d\d/);
  await free(alice, bo);
});

test('a call that is declined, one that is taken back and one that nobody answers leave their lines', async () => {
  await call(alice, 'Bo');
  await ringing(phone).getByRole('button', { name: 'Decline' }).click();
  await over(alice, 'declined');
  await ringing(bo).waitFor({ state: 'detached' });
  await lastIs(alice, 'Your call was declined');
  await free(alice);

  await call(alice, 'Bo');
  await ringing(bo).waitFor();
  await hangUp(alice);
  await ringing(bo).waitFor({ state: 'detached' });
  await ringing(phone).waitFor({ state: 'detached' });
  await lastIs(bo, 'Missed call by Alice');
  await free(alice);

  await call(alice, 'Bo');
  await ringing(bo).waitFor();
  await over(alice, 'No answer');
  await ringing(bo).waitFor({ state: 'detached' });
  await free(alice);
});

test('who talks is busy for others', async () => {
  await call(alice, 'Bo');
  await answer(bo);
  await talks(alice);
  await call(carol, 'Bo');
  await over(carol, 'Busy');
  await lastIs(carol, 'busy');
  assert.equal(await ringing(bo).count(), 0);
  await hears(alice, 'bob');
  await hangUp(alice);
  await free(alice, bo, carol);
});

test('two who call each other at once are in one call', async () => {
  await Promise.all([call(alice, 'Bo'), call(bo, 'Alice')]);
  await Promise.all([talks(alice), talks(bo)]);
  await hears(bo, 'alice');
  await hears(alice, 'bob');
  await hangUp(alice);
  await free(alice, bo);
});

test('closing the tab hangs up', async () => {
  const tab = await carol.context.newPage();
  await tab.goto(carol.page.url());
  await tab.getByRole('button', { name: 'Call Bo' }).click();
  await answer(bo);
  await talks(bo);
  await tab.close({ runBeforeUnload: false });
  await over(bo, 'The call has ended');
  await free(bo);
});

test('a page that is not secure says plainly why it gets no microphone', async () => {
  const person = await Person.come(browser, server.url.replace('127.0.0.1', 'chat.test'));
  await person.register('dora', 'Dora');
  await person.direct('bob');
  await call(person, 'Bo');
  await bar(person).getByText('Browsers give the microphone only to secure pages').waitFor();
  assert.equal(await ringing(bo).count(), 0);
  assert.deepEqual(person.errors, []);
});

for (const transport of ['udp', 'tcp']) {
  test(`over ${transport} everything goes through the relay, and comes back when the relay was gone`, async () => {
    const turn = await TurnServer.start();
    const relayed = await ChatServer.start([`--Calls:TurnUrls=turn:127.0.0.1:${turn.port}?transport=${transport}`, `--Calls:TurnSecret=${TurnServer.secret}`]);
    const { alice, bo, carol } = await meet(relayed);
    try {
      await call(alice, 'Bo');
      await answer(bo);
      await Promise.all([talks(alice), talks(bo)]);
      await hears(bo, 'alice');
      await hears(alice, 'bob');
      for (const person of [alice, bo]) {
        assert.deepEqual(await candidates(person), ['relay']);
        assert.equal(await bar(person).getByText('Direct').count(), 0);
      }
      if (transport === 'udp') {
        // Whatever was open is gone with it, as after a change of network: the two have to find each other anew.
        await turn.kill();
        await turn.run();
        await bar(bo).getByText('Connecting again').waitFor({ timeout: PATIENCE });
        await Promise.all([talks(alice), talks(bo)]);
        await hears(bo, 'alice');
        await hears(alice, 'bob');
      }
      await hangUp(alice);
      await over(bo, 'The call has ended');
      assert.deepEqual([...alice.errors, ...bo.errors], []);
    } finally {
      await Promise.all([alice, bo, carol].map(person => person.context.close()));
      await relayed.stop();
      await turn.stop();
    }
  });
}

test('no page has reported anything wrong', () => {
  assert.deepEqual([alice, bo, phone, carol].flatMap(person => person.errors), []);
});
