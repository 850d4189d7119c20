/**
 * Runs in an AudioWorklet: says of every hundredth of a second how loud it was, and how often the sound crossed zero.
 */
class Ear extends AudioWorkletProcessor {
  constructor() {
    super();
    this.begin();
  }

  begin() {
    Object.assign(this, { at: currentTime, samples: 0, square: 0, crossings: 0 });
  }

  process([[channel]]) {
    if (!channel) return true;
    for (const sample of channel) {
      this.square += sample * sample;
      if (this.last < 0 !== sample < 0) this.crossings += 1;
      this.last = sample;
    }
    this.samples += channel.length;
    if (this.samples >= 480) {
      const { at, samples, square, crossings } = this;
      this.port.postMessage({ at, level: Math.sqrt(square / samples), hertz: (crossings * sampleRate) / samples / 2 });
      this.begin();
    }
    return true;
  }
}
registerProcessor('ear', Ear);
