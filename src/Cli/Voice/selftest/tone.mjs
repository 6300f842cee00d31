// Tones of 10 ms pieces. Their frequencies are multiples of 100 Hz, so that in a piece they do not disturb each other.
export const rate = 48_000, piece = rate / 100;

export const frequencyOf = (index) => 400 + 200 * index;

// On for 1.6 s, off for 0.4 s, by the time of day: whoever hears it begin knows when it was said.
const period = 2_000, on = 1_600;
export const isOn = (index, now) => (now + index * 230) % period < on;
export const lastBegin = (index, now) => now - ((now + index * 230) % period);

export function speak(index, samples, position, loud) {
  const step = (2 * Math.PI * frequencyOf(index)) / rate;
  for (let i = 0; i < samples.length; i++) samples[i] = loud ? 6_000 * Math.sin(step * (position + i)) : 0;
}

// Goertzel: how much of a frequency is in a piece, as an amplitude of 0 to 32767.
export function hear(samples, frequency) {
  const w = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let a = 0, b = 0;
  for (const sample of samples) [a, b] = [sample + w * a - b, a];
  return (2 * Math.sqrt(Math.max(0, a * a + b * b - w * a * b))) / samples.length;
}
