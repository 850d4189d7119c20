/**
 * The tiles of the meeting: one for each remote user, and one more for a screen that the user shares. Each method gives
 * the smallest change of page data that shows it, for `setData`. A tile keeps its slot until its user leaves, and a
 * slot that got free is used again, so that no change moves other tiles.
 */
class Tiles {
  constructor() {
    /** @type {(string | null)[]} the key of the tile in each slot */
    this.keys = [];
  }

  /** A user came: a tile with everything off. */
  add(uid, screen) {
    if (this.find(uid, screen) >= 0) return {};
    const free = this.keys.indexOf(null);
    const slot = free >= 0 ? free : this.keys.length;
    this.keys[slot] = keyOf(uid, screen);
    return {
      [`tiles[${slot}]`]: { slot, uid, screen: !!screen, url: '', audio: false, video: false, failed: false },
    };
  }

  /** Some fields of a tile, if it is still there. */
  update(uid, screen, fields) {
    const slot = this.find(uid, screen);
    const change = {};
    if (slot >= 0) for (const name of Object.keys(fields)) change[`tiles[${slot}].${name}`] = fields[name];
    return change;
  }

  /** A stream ended: a camera's tile stays with its user, a screen's goes. */
  clear(uid, screen) {
    if (screen) return this.remove(uid, true);
    return this.update(uid, false, { url: '', audio: false, video: false, failed: false });
  }

  remove(uid, screen) {
    const change = this.update(uid, screen, { uid: '', url: '' });
    const slot = this.find(uid, screen);
    if (slot >= 0) this.keys[slot] = null;
    return change;
  }

  has(uid, screen) {
    return this.find(uid, screen) >= 0;
  }

  find(uid, screen) {
    return this.keys.indexOf(keyOf(uid, screen));
  }
}

function keyOf(uid, screen) {
  return `${uid}-${screen ? 1 : 0}`;
}

module.exports = { Tiles };
