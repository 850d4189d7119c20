/**
 * Compares what a page heard with what happened in its room: from each snapshot on, every ordered event once and in
 * order; at the next snapshot the difference. Where they do not agree, the least number of lost and of repeated events
 * that explains it is found.
 */

import { Picture } from './picture.mjs';

/**
 * After a restart of the gateway a session waits for whoever is not back yet (docs/recovery.md, `ABSENCE_MS`), longer
 * where it loses its connection meanwhile. What it tells of those within this time depends on who came when, and is not
 * judged.
 */
const WAITING_MS = 25_000;

/** More faults than this are not told apart. */
const MOST_FAULTS = 40;

/**
 * @typedef {{ kind: 'join' | 'resume' | 'sync', epoch: string, offset: number, snapshot: any, at: number }} Anchor a
 *   snapshot that was sent to the phone
 * @typedef {Map<string, Map<number, { ev: string, d: any }>>} Truth ordered events by epoch and offset
 */

/**
 * @param {{ me: string, anchors: Anchor[], truth: Truth, heard: string[], heardAt?: number[] }} what `heard`: what the
 *   page was told, described; `heardAt`: when; without it, everything is judged
 * @returns {{ expected: number, lost: string[], repeated: string[], tooMany: boolean }}
 */
export function replay({ me, anchors, truth, heard, heardAt }) {
  const begun = !heardAt
    ? []
    : anchors.filter(({ epoch }, index) => index > 0 && anchors[index - 1].epoch !== epoch).map(({ at }) => at);
  const isFree = (at) => begun.some((since) => at >= since - 1000 && at < since + WAITING_MS);
  const courses = anchors.map((anchor) => new Course(me, anchor, truth));
  const lastEpoch = anchors.at(-1)?.epoch;
  const isGoal = ({ course, step, index }) =>
    index === heard.length && courses[course].anchor.epoch === lastEpoch && step === courses[course].length;
  const ahead = [[]];
  const best = new Map();
  const consider = (node) => {
    const key = `${node.course} ${node.step} ${node.index}`;
    if ((best.get(key) ?? Infinity) <= node.cost || node.cost > MOST_FAULTS) return;
    best.set(key, node.cost);
    ahead[node.cost] ??= [];
    ahead[node.cost].push(node);
  };

  // A page knows nothing before its first snapshot, and need not have got every one that was sent.
  for (const [course, { anchor }] of courses.entries()) {
    follow(
      consider,
      { cost: 0, index: 0, expected: 0, before: null },
      heard,
      new Picture(me).become(anchor.snapshot),
      { course, step: 0 },
      true,
    );
  }
  for (let cost = 0; cost < ahead.length; cost += 1) {
    for (let node = ahead[cost]?.pop(); node; node = ahead[cost].pop()) {
      if (best.get(`${node.course} ${node.step} ${node.index}`) < cost) continue;
      if (isGoal(node)) return account(node);
      const course = courses[node.course];
      for (let next = courses.length - 1; next > node.course; next -= 1) {
        const told = course.differenceTo(node.step, courses[next].anchor.snapshot);
        follow(consider, node, heard, told, { course: next, step: 0 }, true, isFree(courses[next].anchor.at));
      }
      if (node.index < heard.length) {
        const free = isFree(heardAt?.[node.index]);
        const repeated = free ? null : heard[node.index];
        consider({ ...node, cost: free ? cost : cost + 1, index: node.index + 1, before: node, repeated, lost: null });
      }
      if (node.step < course.length)
        follow(
          consider,
          node,
          heard,
          course.told(node.step),
          { step: node.step + 1 },
          false,
          isFree(course.at(node.step)),
        );
    }
  }
  return { expected: heard.length, lost: [], repeated: [], tooMany: true };
}

/** The page was told these things, or did not hear of them. In a difference the order is free. */
function follow(consider, node, heard, told, where, isUnordered, isFree = false) {
  const expected = node.expected + told.length;
  const window = heard.slice(node.index, node.index + told.length);
  const isSame = isUnordered ? sorted(window) === sorted(told) : window.join('\n') === told.join('\n');
  const fresh = { ...node, ...where, before: node, expected, lost: null, repeated: null };
  if (isSame) consider({ ...fresh, index: node.index + told.length });
  else consider({ ...fresh, cost: isFree ? node.cost : node.cost + told.length, lost: isFree ? null : told });
}

const sorted = (texts) => [...texts].sort().join('\n');

function account(end) {
  const result = { expected: end.expected, lost: [], repeated: [], tooMany: false };
  for (let node = end; node; node = node.before) {
    if (node.lost) result.lost.unshift(...node.lost);
    if (node.repeated) result.repeated.unshift(node.repeated);
  }
  return result;
}

/** How a room went on after a snapshot, for one page. */
class Course {
  #told = [];
  #times = [];
  #pictures;

  constructor(me, anchor, truth) {
    this.anchor = anchor;
    let picture = new Picture(me);
    picture.become(anchor.snapshot);
    this.#pictures = [picture];
    const events = truth.get(anchor.epoch) ?? new Map();
    for (let offset = anchor.offset + 1; events.has(offset); offset += 1) {
      const { ev, d, at } = events.get(offset);
      this.#times.push(at);
      picture = picture.copy();
      this.#told.push(picture.apply(ev, d));
      this.#pictures.push(picture);
    }
  }

  /** Events after the snapshot. */
  get length() {
    return this.#told.length;
  }

  /** When the event after the step was seen. */
  at(step) {
    return this.#times[step];
  }

  /** What the page hears of the event after the step. */
  told(step) {
    return this.#told[step];
  }

  differenceTo(step, snapshot) {
    return this.#pictures[step].copy().become(snapshot);
  }
}
