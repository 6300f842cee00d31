// How long it takes from answering a call until each of the two hears the other, in two browsers and through a relay; and what the time goes into.
//   node firstSound.mjs [calls] [udp|tcp]
import { launch, Person } from './browser.mjs';
import { answer, bar, call, hangUp, PATIENCE, ringing } from './calling.mjs';
import { ChatServer } from './server.mjs';
import { instrument, TONES, VOICE } from './sound.mjs';
import { TurnServer } from './turn.mjs';

const [calls = 10, transport = 'udp'] = [Number(process.argv[2] ?? 10), process.argv[3]];
const SOUND = 0.01;

/** Notes when what happens, in ms of the clock that both pages have. */
function watch(loud) {
  const now = () => performance.timeOrigin + performance.now();
  window.marks = {};
  const mark = name => (window.marks[name] ??= now());
  addEventListener('click', event => event.target.closest('button')?.textContent.includes('Answer') && mark('answered'), true);
  const context = new AudioContext();
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia;
  devices.getUserMedia = async wanted => {
    const stream = await open(wanted);
    mark('microphone');
    return stream;
  };
  const ask = window.fetch;
  window.fetch = async (url, settings) => {
    const [, what] = /\/calls\/[^/]*\/(accept|signal)$/.exec(String(url)) ?? [];
    if (what) mark(`${what} asked`);
    const response = await ask(url, settings);
    if (what) mark(`${what} done`);
    return response;
  };
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(...settings) {
      super(...settings);
      mark('connection made');
      this.addEventListener('icecandidate', event => mark(event.candidate ? 'first candidate' : 'last candidate'));
      this.addEventListener('iceconnectionstatechange', () => this.iceConnectionState === 'connected' && mark('path found'));
      this.addEventListener('connectionstatechange', () => this.connectionState === 'connected' && mark('encrypted'));
      this.addEventListener('track', ({ track }) => {
        const analyser = new AnalyserNode(context, { fftSize: 256 });
        context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
        const samples = new Float32Array(256);
        const looking = setInterval(() => {
          analyser.getFloatTimeDomainData(samples);
          if (samples.some(sample => Math.abs(sample) > loud)) {
            clearInterval(looking);
            mark('heard');
          }
        }, 5);
      });
    }

    async setLocalDescription(description) {
      await super.setLocalDescription(description);
      mark(`own ${description.type}`);
    }

    async setRemoteDescription(description) {
      mark(`their ${description.type} came`);
      await super.setRemoteDescription(description);
      mark(`their ${description.type}`);
    }

    async addIceCandidate(candidate) {
      mark('their candidate');
      await super.addIceCandidate(candidate);
    }
  };
}

let turn, server, browser;
try {
  turn = await TurnServer.start();
  server = await ChatServer.start([`--Calls:TurnUrls=turn:127.0.0.1:${turn.port}?transport=${transport ?? 'udp'}`, `--Calls:TurnSecret=${TurnServer.secret}`, '--Calls:CallsPerMinute=1000']);
  browser = await launch('chromium', VOICE);
  const come = async (name, shown) => {
    const person = await Person.come(browser, server.url, { permissions: ['microphone'] });
    await person.context.addInitScript(instrument, TONES[name]);
    await person.context.addInitScript(watch, SOUND);
    await person.page.reload();
    await person.register(name, shown);
    return person;
  };
  const [alice, bo] = [await come('alice', 'Alice'), await come('bob', 'Bo')];
  await alice.direct('bob');
  await bo.direct('alice');
  const all = [];
  for (let i = 0; i <= calls; i++) {
    await call(alice, 'Bo');
    await ringing(bo).waitFor();
    await answer(bo);
    for (const { page } of [alice, bo]) {
      await page.waitForFunction(() => window.marks.heard, undefined, { timeout: PATIENCE, polling: 100 });
    }
    const [caller, callee] = await Promise.all([alice, bo].map(({ page }) => page.evaluate(() => window.marks)));
    const begin = callee.answered;
    // The first warms up.
    if (i > 0) {
      all.push(Object.fromEntries([['caller', caller], ['callee', callee]].flatMap(([who, marks]) => Object.entries(marks).filter(([, at]) => at >= begin).map(([what, at]) => [`${who}: ${what}`, at - begin]))));
    }
    await hangUp(alice);
    for (const person of [alice, bo]) {
      await bar(person).waitFor({ state: 'detached' });
      await person.page.evaluate(() => (window.marks = {}));
    }
  }
  const names = [...new Set(all.flatMap(one => Object.keys(one)))];
  const rows = names.map(name => [name, all.map(one => one[name]).filter(at => at !== undefined).sort((a, b) => a - b)]);
  console.log(`${calls} calls between two through a relay over ${transport ?? 'udp'}, ms after the click on Answer: median (least, most)`);
  for (const [name, times] of rows.sort((a, b) => a[1][a[1].length >> 1] - b[1][b[1].length >> 1])) {
    console.log(`${name.padEnd(28)} ${String(Math.round(times[times.length >> 1])).padStart(6)} (${Math.round(times[0])}, ${Math.round(times.at(-1))})${times.length < all.length ? ` in ${times.length}` : ''}`);
  }
} finally {
  await browser?.close();
  await server?.stop();
  await turn?.stop();
}
