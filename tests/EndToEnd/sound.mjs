/** Switches of Chromium for sound without devices, on one machine. */
export const VOICE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection', '--autoplay-policy=no-user-gesture-required'];

/** The same by Firefox's preferences: a microphone that is none and says a tone by itself, no questions, sound without a click, and addresses of loopback. */
export const voiceOfFirefox = tone => ({
  'media.navigator.streams.fake': true, 'media.navigator.audio.fake_frequency': tone, 'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0, 'media.autoplay.blocking_policy': 0, 'media.peerconnection.ice.loopback': true,
});

/** What each person says, in Hz. */
export const TONES = { alice: 500, bob: 1300, carol: 2000, dora: 2900 };

/** The device opens as ever, and then says a tone, which nothing takes for noise; without one what it says itself. What is heard can be asked. */
export function instrument(tone) {
  const devices = navigator.mediaDevices;
  if (devices && tone) {
    const real = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async wanted => {
      window.wanted = wanted.audio;
      (await real(wanted)).getTracks().forEach(track => track.stop());
      const context = new AudioContext();
      const voice = context.createMediaStreamDestination();
      const oscillator = new OscillatorNode(context, { frequency: tone });
      // Soft enough that a mixer can add some up: what is cut off makes tones that nobody said.
      oscillator.connect(new GainNode(context, { gain: 0.2 })).connect(voice);
      oscillator.start();
      return voice.stream;
    };
  }
  window.peers = [];
  window.notes = [];
  new MutationObserver(() => {
    const note = document.querySelector('.call.over > p')?.textContent;
    if (note && note !== window.notes.at(-1)) {
      window.notes.push(note);
    }
  }).observe(document, { childList: true, subtree: true });
  window.speakers = [];
  window.Audio = class extends Audio {
    constructor(...settings) {
      super(...settings);
      window.speakers.push(this);
    }
  };
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...settings) {
      super(...settings);
      window.peers.push(this);
    }
  };
}

/** Of some tones, how strong each is in what this page plays, in dB. */
export const loudness = (page, tones) => page.evaluate(async tones => {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
  for (const speaker of speakers) {
    if (speaker.srcObject && !speaker.muted) {
      context.createMediaStreamSource(speaker.srcObject).connect(analyser);
    }
  }
  await new Promise(resolve => setTimeout(resolve, 500));
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  await context.close();
  const at = tone => Math.round(tone * analyser.fftSize / context.sampleRate);
  return Object.fromEntries(Object.entries(tones).map(([name, tone]) => [name, Math.round(Math.max(-200, ...levels.slice(at(tone) - 2, at(tone) + 3)))]));
}, tones);

/** The strongest tone that comes in at the newest connection of a page, in Hz, and how strong it is in dB. */
export const hear = page => page.evaluate(async () => {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(new MediaStream([peers.at(-1).getReceivers()[0].track])).connect(analyser);
  await new Promise(resolve => setTimeout(resolve, 500));
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  const peak = levels.reduce((best, level, i) => (level > levels[best] ? i : best), 0);
  await context.close();
  return { tone: peak * context.sampleRate / analyser.fftSize, level: levels[peak] };
});

/** The same where there is no loudspeaker: Firefox then does no work with sound but to play and record it. */
export const hearRecorded = page => page.evaluate(async () => {
  const recorder = new MediaRecorder(new MediaStream([peers.at(-1).getReceivers()[0].track]));
  const recorded = new Promise(resolve => (recorder.ondataavailable = ({ data }) => resolve(data)));
  recorder.start();
  await new Promise(resolve => setTimeout(resolve, 700));
  recorder.stop();
  const sound = await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(await (await recorded).arrayBuffer());
  const samples = sound.getChannelData(0).slice(-9600, -1408);
  let best = { tone: 0, power: 0 };
  for (let tone = 100; tone <= 4000; tone += 5) {
    let [re, im] = [0, 0];
    samples.forEach((sample, i) => {
      const angle = 2 * Math.PI * tone * i / sound.sampleRate;
      re += sample * Math.cos(angle);
      im += sample * Math.sin(angle);
    });
    const power = 4 * (re * re + im * im) / samples.length ** 2;
    best = power > best.power ? { tone, power } : best;
  }
  return { tone: best.tone, level: Math.max(-200, 10 * Math.log10(best.power)) };
});
