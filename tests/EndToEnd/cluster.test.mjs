// Two people on two nodes of a real cluster, as ./cluster starts it, while nodes are killed under them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { launch, Person } from './browser.mjs';

const SCRIPT = path.resolve(import.meta.dirname, '../../cluster');
const HOST = path.resolve(import.meta.dirname, '../../src/Host/bin/Debug/net10.0/ModularChat.Host.dll');
let folder, browser, urls;

async function cluster(...words) {
  const { stdout } = await promisify(execFile)('bash', [SCRIPT, ...words, '--dir', folder], { timeout: 240_000 });
  return stdout;
}

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'modularchat-e2e-cluster-'));
  await cluster('up', '--nodes', '3', '--host', HOST, '--while', String(process.pid), '--set', 'Identity:RegistrationsPerMinute=0');
  urls = Object.fromEntries((await cluster('status')).split('\n').map(line => line.split(/ +/)).filter(words => words.length > 2).map(words => [words[0], `http://${words[2]}`]));
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await cluster('down').catch(error => console.error(error.message));
  await rm(folder, { recursive: true, force: true });
});

/** The node that a person's live connection goes to. */
function watchSocket(person) {
  person.page.on('websocket', socket => { person.socket = socket; });
}

function nodeOf(person) {
  const { host } = new URL(person.socket.url());
  return Object.keys(urls).find(part => urls[part] === `http://${host}`);
}

async function sees(person, text) {
  await person.message(text).waitFor({ timeout: 30_000 });
}

test('two people on two nodes talk on while a third is killed, and then the one that one of them is on', async () => {
  // By the addresses of two nodes in different regions: discovery leaves each in its own.
  const anna = await Person.come(browser, urls['node-1']);
  watchSocket(anna);
  await anna.register('anna', 'Anna');
  const bo = await Person.come(browser, urls['node-2']);
  watchSocket(bo);
  await bo.register('bo-b', 'Bo');
  await anna.page.reload();
  await bo.page.reload();
  await anna.direct('bo-b');
  await anna.say('one: across two nodes');
  await bo.conversation('Anna').click();
  await sees(bo, 'one: across two nodes');
  await bo.say('two: and back');
  await sees(anna, 'two: and back');
  assert.equal(nodeOf(bo), 'node-2', 'the only one in the region');
  assert.notEqual(nodeOf(anna), 'node-2', 'another region');

  const third = 'node-3';
  await cluster('kill', third);
  for (const [from, to, text] of [[anna, bo, 'three: a node is dead'], [bo, anna, 'four: nobody minds'], [anna, bo, 'five: really']]) {
    await from.say(text);
    await sees(to, text);
  }

  // Bo's node dies; the page and its requests were there too. By the proxy Bo goes on.
  const carla = await Person.come(browser, urls.nginx);
  watchSocket(carla);
  await carla.logIn('bo-b');
  await carla.conversation('Anna').click();
  await sees(carla, 'five: really');
  await cluster('kill', nodeOf(carla) === 'node-3' ? 'node-2' : nodeOf(carla));
  await cluster('start', third);
  await carla.say('six: by the proxy, my node is dead');
  if (process.env.SCREENSHOT) {
    await carla.page.screenshot({ path: process.env.SCREENSHOT });
  }
  await sees(carla, 'six: by the proxy, my node is dead');
  const again = await Person.come(browser, urls['node-3']);
  await again.logIn('anna');
  await again.conversation('Bo').click();
  await sees(again, 'six: by the proxy, my node is dead');
  assert.deepEqual(await again.texts(), ['one: across two nodes', 'two: and back', 'three: a node is dead', 'four: nobody minds', 'five: really', 'six: by the proxy, my node is dead']);
  for (const person of [anna, bo, carla, again]) {
    assert.deepEqual(person.errors, []);
  }
});
