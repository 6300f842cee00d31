import assert from 'node:assert/strict';
import { hear as hearPlayed, TONES } from './sound.mjs';

export const PATIENCE = 60_000;

export const call = (person, name) => person.page.getByRole('button', { name: `Call ${name}` }).click();
export const ringing = person => person.page.getByRole('alertdialog');
export const answer = person => ringing(person).getByRole('button', { name: 'Answer' }).click();
export const bar = person => person.page.locator('section.call');
export const hangUp = person => bar(person).getByRole('button', { name: 'Hang up' }).click();
export const talks = person => person.page.locator('section.call[data-phase=talking]').waitFor({ timeout: PATIENCE });

const hear = person => (person.hear ?? hearPlayed)(person.page);

/** That a tone is what the person hears most. */
export async function hears(person, name) {
  const end = Date.now() + PATIENCE;
  let heard;
  do {
    heard = await hear(person);
    if (heard.level > -60 && Math.abs(heard.tone - TONES[name]) < 20) {
      return;
    }
  } while (Date.now() < end);
  assert.fail(`${name}'s tone of ${TONES[name]} Hz was to be heard, but it was ${JSON.stringify(heard)}`);
}

export async function hearsNothing(person) {
  const end = Date.now() + PATIENCE;
  while ((await hear(person)).level > -80) {
    assert.ok(Date.now() < end, 'Something is heard.');
  }
}

/** The kinds of all of an end's own addresses, those through which sound goes among them. The other's may count as `prflx`, when something comes from them before they are told. */
export const candidates = person => person.page.evaluate(async () => {
  const stats = [...(await peers.at(-1).getStats()).values()];
  return [...new Set(stats.filter(one => one.type === 'local-candidate').map(one => one.candidateType))];
});
