/** Switches of Chromium for sound without devices, on one machine. */
export const VOICE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection', '--autoplay-policy=no-user-gesture-required'];

/** What each person says, in Hz. */
export const TONES = { alice: 500, bob: 1300, carol: 2000, dora: 2900 };

/** The device opens as ever, and then says a tone, which nothing takes for noise; what is heard can be asked. */
export function instrument(tone) {
  const devices = navigator.mediaDevices;
  if (devices) {
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
