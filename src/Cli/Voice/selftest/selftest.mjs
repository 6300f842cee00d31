// Reads {url, group, seconds, participants: [{token, legId}]} from its input, has them talk, and says who heard whom. Exit code 1 when somebody did not hear somebody.
import { fork } from 'node:child_process';
import { frequencyOf } from './tone.mjs';

let text = '';
for await (const chunk of process.stdin) text += chunk;
const { url, group, seconds, participants, json } = JSON.parse(text);
const results = await Promise.all(participants.map(({ token, legId }, index) => new Promise((done) => {
  const child = fork(new URL('./participant.mjs', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const limit = setTimeout(() => child.kill('SIGKILL'), (seconds + 60) * 1_000);
  let answer = { index, failed: 'ended without an answer' };
  child.on('message', (message) => { answer = { index, ...message }; });
  child.on('exit', () => { clearTimeout(limit); done(answer); });
  // One after another: each joins a room in which the others are.
  setTimeout(() => child.send({ url, token, group, index, count: participants.length, legId, seconds: seconds - index * 0.3 }), index * 300);
})));

let isGood = true;
const pairs = [];
for (const to of results) {
  if (to.failed) { isGood = false; pairs.push({ to: to.index, failed: to.failed }); continue; }
  for (const from of results) {
    if (from.index === to.index) continue;
    const { share, delay } = to.heard[from.index], stream = to.streams.find((one) => one.from === from.index) ?? to.streams.find((one) => one.from === null);
    const heard = share > 0.5;
    isGood &&= heard;
    pairs.push({ from: from.index, to: to.index, heard, share, lost: stream ? (100 * stream.lost) / Math.max(1, stream.lost + stream.received) : null, jitter: stream?.jitter ?? null, delay });
  }
}
const good = results.filter((one) => !one.failed);
if (json) console.log(JSON.stringify({ isGood, mode: good[0]?.mode, pairs, participants: good.map(({ index, cpu, firstSound }) => ({ index, cpu, firstSound })) }));
else {
  const number = (value, digits, unit) => (value === null || value === undefined ? '-' : value.toFixed(digits) + unit).padStart(9);
  console.log(`${participants.length} participants, ${good[0]?.mode ?? 'no room'}, ${seconds} s`);
  console.log('from  to     tone      heard       loss     jitter  mouth to ear');
  for (const pair of pairs) {
    if (pair.failed) { console.log(`      ${String(pair.to + 1).padStart(2)}   failed: ${pair.failed}`); continue; }
    console.log(`  ${String(pair.from + 1).padStart(2)}  ${String(pair.to + 1).padStart(2)}  ${String(frequencyOf(pair.from)).padStart(4)} Hz  ${pair.heard ? 'yes' : ' NO'}${number(100 * pair.share, 0, ' %')}${number(pair.lost, 1, ' %')}${number(pair.jitter, 1, ' ms')}${number(pair.delay, 0, ' ms')}`);
  }
  for (const one of good) console.log(`participant ${one.index + 1}: CPU${number(one.cpu, 1, ' %')}, first sound after${number(one.firstSound, 0, ' ms')}`);
  console.log(isGood ? 'Everybody heard everybody.' : 'Not everybody heard everybody.');
}
process.exitCode = isGood ? 0 : 1;
