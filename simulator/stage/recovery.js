/**
 * What a fault does to every phone and web user on the stage: since when pictures and signaling are missing, and how
 * long after the fault's end they are back.
 */

const SAMPLE_MS = 50;
/** A stream whose last picture is older does not flow. */
const GAP_MS = 500;
/** What a fault does shows within this time of its end. */
const SHOWS_MS = 2500;
const GIVEN_UP_MS = 90_000;

/**
 * @typedef {object} Member a phone or a web user
 * @property {string} name
 * @property {boolean} isUp whether the room has it, as far as it knows
 * @property {() => Map<string, number>} pictures by stream that it sees: how many were decoded
 *
 * @typedef {object} Seen what one of them went through
 * @property {number} flows streams with pictures before the fault
 * @property {number | null} pictureLost when the last picture of a stream that then stood still came
 * @property {number | null} pictureBack when as many streams flowed again
 * @property {number} pauseMs the longest time without a new picture in a stream that did not stand still
 * @property {number | null} signalLost @property {number | null} signalBack
 */

export class Recovery {
  /** @param {() => Iterable<Member>} members */
  constructor(members) {
    this.members = members;
    /** By member, by stream: how many pictures, and when the newest came. */
    this.flows = new Map();
    this.runs = new Set();
    this.timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  stop() {
    clearInterval(this.timer);
  }

  /**
   * @param {{ id: number, fault: string, phone: string }} what
   * @param {(run: object) => void} onChange
   */
  begin(what, onChange) {
    const seen = {};
    for (const { name, isUp } of this.members()) {
      const flows = this.#flowing(name).length;
      seen[name] = {
        flows,
        wasUp: isUp,
        gone: false,
        pictureLost: null,
        pictureBack: null,
        pauseMs: 0,
        signalLost: null,
        signalBack: null,
      };
    }
    const run = { ...what, state: 'struck', struckAt: Date.now(), endedAt: null, seen, onChange };
    this.runs.add(run);
    onChange(told(run));
    return run;
  }

  /** A fault that cannot strike now. @param {{ id: number, fault: string, phone: string }} what */
  refused(what, { message, reason }, onChange) {
    onChange(
      told({ ...what, state: 'failed', struckAt: Date.now(), endedAt: null, seen: {}, problem: message, reason }),
    );
  }

  /**
   * The fault is over: from here on recovery is measured.
   * @param {string | null} [problem] why it could not be done
   * @param {string | null} [reason] the same, as the page's texts name it
   */
  ended(run, problem = null, reason = null) {
    if (problem !== null) return this.#over(run, 'failed', problem, reason);
    run.endedAt = Date.now();
    run.state = 'recovering';
    return run.onChange(told(run));
  }

  #over(run, state, problem = null, reason = null) {
    Object.assign(run, { state, problem, reason });
    this.runs.delete(run);
    run.onChange(told(run));
  }

  #sample() {
    const now = Date.now();
    const members = [...this.members()];
    for (const member of members) {
      const { name } = member;
      const known = this.flows.get(name) ?? new Map();
      this.flows.set(name, known);
      for (const [stream, count] of member.pictures())
        if (known.get(stream)?.count !== count) known.set(stream, { count, at: now });
    }
    // A loss is told of the newest fault alone: an older one is not to blame for what the newer one does.
    const newest = [...this.runs].at(-1);
    for (const run of this.runs) this.#look(run, { members, now, newest });
  }

  /** Of each stream that flows: how long ago its newest picture came. */
  #flowing(name) {
    const now = Date.now();
    const streams = [...(this.flows.get(name)?.values() ?? [])].filter(({ count }) => count > 0);
    return streams.map(({ at }) => now - at).filter((ageMs) => ageMs < GAP_MS);
  }

  #look(run, { members, now, newest }) {
    let changed = false;
    // Nobody waits for the pictures of who has closed the page: one stream each.
    const left = Object.keys(run.seen).filter((name) => !members.some((one) => one.name === name)).length;
    for (const [name, seen] of Object.entries(run.seen)) {
      const member = members.find((one) => one.name === name);
      const ages = this.#flowing(name);
      if (run === newest) seen.pauseMs = Math.max(seen.pauseMs, ...ages);
      const sight = { flowing: ages.length, awaited: seen.flows - left, isUp: member?.isUp === true, gone: !member };
      changed = lookAt(seen, { ...sight, now, isNewest: run === newest }) || changed;
    }
    if (run.endedAt !== null && now - run.endedAt > SHOWS_MS && Object.values(run.seen).every(isWhole)) {
      return this.#over(run, Object.values(run.seen).some(isMeasured) ? 'recovered' : 'over');
    }
    if (run.endedAt !== null && now - run.endedAt > GIVEN_UP_MS) return this.#over(run, 'not-back');
    if (changed) run.onChange(told(run));
    return undefined;
  }
}

/** @returns {boolean} whether something is told anew */
function lookAt(seen, { flowing, awaited, isUp, gone, now, isNewest }) {
  const before = JSON.stringify(seen);
  seen.gone = gone;
  if (gone) return before !== JSON.stringify(seen);
  if (seen.flows > 0) {
    if (flowing >= awaited) seen.pictureBack ??= seen.pictureLost === null ? null : now;
    else if (isNewest) Object.assign(seen, { pictureLost: seen.pictureLost ?? now - GAP_MS, pictureBack: null });
  }
  if (seen.wasUp) {
    if (isUp) seen.signalBack ??= seen.signalLost === null ? null : now;
    else if (isNewest) Object.assign(seen, { signalLost: seen.signalLost ?? now, signalBack: null });
  }
  return before !== JSON.stringify(seen);
}

/** Whether there was anything that the fault could take away. */
function isMeasured({ flows, wasUp }) {
  return flows > 0 || wasUp;
}

/** Whether all is back; who has closed the page is not waited for. */
function isWhole({ pictureLost, pictureBack, signalLost, signalBack, gone }) {
  if (gone) return true;
  return (pictureLost === null || pictureBack !== null) && (signalLost === null || signalBack !== null);
}

/** A run as the page gets it: seconds after the fault's end, null for what never was away. */
function told({ id, fault, phone, state, struckAt, endedAt, seen, problem = null, reason = null }) {
  const from = endedAt ?? struckAt;
  const seconds = (back) => (back === null ? null : Math.max(0, back - from) / 1000);
  const phones = Object.entries(seen).map(([name, one]) => ({
    name,
    gone: one.gone,
    hadPicture: one.flows > 0,
    pictureAway: one.pictureLost !== null,
    pictureBackS: seconds(one.pictureBack),
    pauseS: one.pauseMs / 1000,
    signalAway: one.signalLost !== null,
    signalBackS: seconds(one.signalBack),
    stoodS: one.pictureLost !== null && one.pictureBack !== null ? (one.pictureBack - one.pictureLost) / 1000 : null,
  }));
  return { id, fault, phone, state, struckAt, endedAt, phones, problem, reason };
}
