import { ageOf, LOOK_AT } from './layout.js';

/**
 * Plays a stream and writes down what comes of it: each picture with its time, its age and whether it is white, and
 * each hundredth of a second of sound with its loudness and pitch.
 */
export class Witness {
  pictures = [];
  sounds = [];

  /** @param {MediaStream} stream */
  constructor(stream) {
    this.video = Object.assign(document.createElement('video'), { srcObject: stream, muted: true, autoplay: true });
    document.body.append(this.video);
    this.context = new OffscreenCanvas(WIDTH, HEIGHT).getContext('2d', { willReadFrequently: true });
    const look = (now) => {
      this.#look(performance.timeOrigin + now);
      this.video.requestVideoFrameCallback(look);
    };
    this.video.requestVideoFrameCallback(look);
    void this.#listen(stream);
  }

  #look(at) {
    this.context.drawImage(this.video, 0, 0, WIDTH, HEIGHT);
    const { data } = this.context.getImageData(0, 0, WIDTH, HEIGHT);
    const brightness = (x, y) => data[4 * (Math.floor(y * HEIGHT) * WIDTH + Math.floor(x * WIDTH)) + 1] / 255;
    this.pictures.push({ at, age: ageOf(brightness, Date.now()), isWhite: brightness(...LOOK_AT) > 0.6 });
  }

  async #listen(stream) {
    const audio = new AudioContext({ sampleRate: 48_000 });
    await audio.audioWorklet.addModule('ear.js');
    let begin = Infinity;
    const ear = new AudioWorkletNode(audio, 'ear', { numberOfOutputs: 0 });
    ear.port.onmessage = ({ data: { at, level, hertz } }) => {
      // The message that was quickest says best when the sound came.
      begin = Math.min(begin, performance.timeOrigin + performance.now() - at * 1000);
      this.sounds.push({ at: begin + at * 1000, level, hertz });
    };
    let source;
    const hear = () => {
      source?.disconnect();
      const [track] = stream.getAudioTracks();
      source = track && new MediaStreamAudioSourceNode(audio, { mediaStream: new MediaStream([track]) });
      source?.connect(ear);
      this.heard = track;
    };
    hear();
    // Tracks that a script puts into a stream make no event.
    setInterval(() => this.heard === stream.getAudioTracks()[0] || hear(), 50);
  }
}

const WIDTH = 160;
const HEIGHT = 120;
