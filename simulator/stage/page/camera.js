/** This computer's camera and microphone, for one phone: recorded as WebM and sent to the stage while it is on. */

const SLICE_MS = 100;
const WANTED = { video: { width: 640, height: 640, frameRate: 15 }, audio: true };
const TYPE = 'video/webm;codecs=vp8,opus';
const BITS_PER_SECOND = 2_500_000;

export class Camera {
  #stream = null;
  #socket = null;

  /** @param {string} phone @param {(problem: string) => void} onEnd with a problem, or '' */
  constructor(phone, onEnd) {
    Object.assign(this, { phone, onEnd });
  }

  async start() {
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia(WANTED);
    } catch (error) {
      this.onEnd(error.message);
      return;
    }
    const socket = new WebSocket(`ws://${location.host}/camera/${this.phone}`);
    this.#socket = socket;
    const recorder = new MediaRecorder(this.#stream, { mimeType: TYPE, videoBitsPerSecond: BITS_PER_SECOND });
    recorder.addEventListener('dataavailable', ({ data }) => socket.readyState === WebSocket.OPEN && socket.send(data));
    socket.addEventListener('open', () => recorder.start(SLICE_MS));
    socket.addEventListener('close', () => {
      if (recorder.state !== 'inactive') recorder.stop();
      if (this.#socket === socket) this.stop();
    });
  }

  stop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    if (socket) this.onEnd('');
  }
}
