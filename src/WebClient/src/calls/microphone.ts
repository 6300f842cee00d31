/** Why there is no microphone here, in words for the one who wants to talk. */
export class NoMicrophone extends Error {}

const WANTED: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };

/** Asks the browser for the microphone; throws `NoMicrophone` with the reason. */
export async function openMicrophone(deviceId?: string): Promise<MediaStream> {
  // Where the page is not secure, the whole of it is missing.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!globalThis.isSecureContext || !devices) {
    throw new NoMicrophone('Browsers give the microphone only to secure pages. Open this page by https:// (or on the server’s own machine by http://localhost), then call again.');
  }
  try {
    return await devices.getUserMedia({ audio: deviceId ? { ...WANTED, deviceId: { exact: deviceId } } : WANTED });
  } catch (failed) {
    const name = failed instanceof DOMException ? failed.name : '';
    throw new NoMicrophone(
      name === 'NotAllowedError' ? 'The browser was not allowed to use the microphone. Allow it beside the address of the page, then call again.'
      : name === 'NotFoundError' || name === 'OverconstrainedError' ? 'There is no microphone.'
      : 'The microphone cannot be used: another program may have it.');
  }
}

export interface Devices { inputs: MediaDeviceInfo[]; outputs: MediaDeviceInfo[] }

export async function listDevices(): Promise<Devices> {
  const all = await navigator.mediaDevices.enumerateDevices();
  return { inputs: all.filter(one => one.kind === 'audioinput'), outputs: all.filter(one => one.kind === 'audiooutput') };
}

/** Tells how loud streams are, for showing who speaks. */
export class Meter {
  readonly #context = new AudioContext();
  readonly #analysers = new Map<string, { analyser: AnalyserNode; source: AudioNode }>();

  put(name: string, stream: MediaStream): void {
    this.#analysers.get(name)?.source.disconnect();
    const source = this.#context.createMediaStreamSource(stream);
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 512;
    source.connect(analyser);
    this.#analysers.set(name, { analyser, source });
  }

  /** Whether somebody speaks: above what a quiet room makes. */
  speaks(name: string): boolean {
    const analyser = this.#analysers.get(name)?.analyser;
    if (!analyser) {
      return false;
    }
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length) > 0.015;
  }

  close(): void {
    void this.#context.close();
  }
}

/** Two short tones every three seconds, until it is stopped. A page that nobody has touched may make no sound; then it is only seen. */
export function ring(): () => void {
  let context: AudioContext | undefined;
  try {
    context = new AudioContext();
  } catch {
    return () => undefined;
  }
  const play = () => {
    for (const [at, tone] of [[0, 660], [0.25, 880]] as const) {
      const oscillator = new OscillatorNode(context!, { frequency: tone });
      const gain = new GainNode(context!, { gain: 0.08 });
      oscillator.connect(gain).connect(context!.destination);
      oscillator.start(context!.currentTime + at);
      oscillator.stop(context!.currentTime + at + 0.2);
    }
  };
  play();
  const timer = setInterval(play, 3000);
  return () => {
    clearInterval(timer);
    void context?.close();
  };
}
