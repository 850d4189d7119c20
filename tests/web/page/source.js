import { blocksOf, FLASH_MS, HEIGHT, isFlash, WIDTH } from './layout.js';

/**
 * A camera and a microphone that clap: the picture of `layout.js`, and a tone while it is white.
 * @param {number} frequency of the tone, in hertz
 * @returns {MediaStream}
 */
export function clap(frequency) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: WIDTH, height: HEIGHT });
  const context = canvas.getContext('2d');
  setInterval(() => draw(context), 1000 / FRAMES_PER_SECOND);
  draw(context);
  const stream = canvas.captureStream(FRAMES_PER_SECOND);
  stream.addTrack(tone(frequency));
  return stream;
}

function draw(context) {
  const now = Date.now();
  context.fillStyle = '#000';
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = '#fff';
  for (const block of blocksOf(now)) context.fillRect(...block);
  if (isFlash(now)) context.fillRect(0, HEIGHT / 2, WIDTH, HEIGHT / 2);
  // An encoder that sees no change sends nothing.
  context.fillStyle = '#888';
  context.fillRect((now / 10) % WIDTH, HEIGHT - 4, 8, 4);
}

function tone(frequency) {
  const audio = new AudioContext({ sampleRate: 48_000, latencyHint: 'interactive' });
  const oscillator = new OscillatorNode(audio, { frequency });
  const gate = new GainNode(audio, { gain: 0 });
  const out = new MediaStreamAudioDestinationNode(audio, { channelCount: 1 });
  oscillator.connect(gate).connect(out);
  oscillator.start();
  let scheduled = 0;
  setInterval(() => {
    const next = Math.ceil((Date.now() + 50) / 1000) * 1000;
    if (next === scheduled) return;
    scheduled = next;
    const begin = audio.currentTime + (next - Date.now()) / 1000;
    gate.gain.setValueAtTime(0.5, begin);
    gate.gain.setValueAtTime(0, begin + FLASH_MS / 1000);
  }, 200);
  return out.stream.getAudioTracks()[0];
}

const FRAMES_PER_SECOND = 30;
