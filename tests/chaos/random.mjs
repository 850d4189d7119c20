/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** From 0 up to, not including, 1. */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** An integer from `least` to `most`. */
  between(least, most) {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** One of several. */
  of(choices) {
    return choices[this.between(0, choices.length - 1)];
  }

  /** The same things in another order. */
  shuffled(things) {
    const all = [...things];
    for (let index = all.length - 1; index > 0; index -= 1) {
      const other = this.between(0, index);
      [all[index], all[other]] = [all[other], all[index]];
    }
    return all;
  }

  /** Another source, for one part, so that what that part draws does not change what the others get. */
  fork() {
    return new Random(this.between(0, 0xffffffff));
  }
}
