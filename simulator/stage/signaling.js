/**
 * What may be shown of a signaling frame: its name, its place in the conversation, and what it says of the room. Of
 * secrets (tokens, addresses, session secrets) nothing is copied, because only the members named here are.
 */

import { streamHash } from '../native/natives.js';

const STREAM = ['stream', 'user', 'kind', 'audio', 'video', 'stalled', 'generation'];
const MEMBER = ['user', 'suspended'];
/** Members of the request `join`. */
const ENTRY = ['user', 'room'];
/** Members of the body of an event that a picture of the room needs. */
const BODY = [...STREAM, 'reason', 'scope', 'expires_in', 'action', 'code', 'role'];
/** Members of a lease; its addresses are named by a hash. */
const LEASE = ['stream'];
const LONGEST_WORD = 64;
/** What goes on all the time, and tells of nothing that has changed. */
const ROUTINE = ['ping', 'report'];

/**
 * @typedef {object} Frame
 * @property {'request' | 'notice' | 'answer' | 'refusal' | 'event'} what
 * @property {string} name of the method or event; of a refusal, the name of the error
 * @property {number} [id] of the request
 * @property {Record<string, string | number | boolean>} [body] of an event
 * @property {{ members: object[], streams: object[] }} [snapshot] of the room
 * @property {{ stream?: string, places: string[] }} [lease] the stream, and hashes of the addresses that it is at,
 *   without what opens them
 * @property {string} [user] of the request `join`
 * @property {string} [room] likewise
 */

/**
 * @param {string} text of one message
 * @param {boolean} sent by the phone
 * @returns {Frame | undefined} undefined for what is no frame of docs/protocol.md, section 3
 */
export function readFrame(text, sent) {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (frame === null || typeof frame !== 'object') return undefined;
  return sent ? fromPhone(frame) : fromGateway(frame);
}

/** Whether a frame is one of those that go on all the time. @param {Frame} frame */
export function isRoutine({ name }) {
  return ROUTINE.includes(name);
}

function fromPhone({ m, id, p }) {
  const name = word(m);
  if (name === undefined) return undefined;
  const asked = name === 'join' ? chosen(p, ENTRY) : {};
  return { what: id === undefined ? 'notice' : 'request', name, ...number('id', id), ...asked };
}

function fromGateway({ ev, d, err, id, m, ok }) {
  if (word(ev) !== undefined) return { what: 'event', name: ev, body: chosen(d, BODY), ...leased(d?.lease) };
  if (err !== null && typeof err === 'object') {
    return { what: 'refusal', name: word(err.name) ?? 'refusal', ...number('id', id), body: chosen(err, ['code']) };
  }
  if (word(m) === undefined || ok === null || typeof ok !== 'object') return undefined;
  const snapshot = m === 'sync' ? ok : ok.snapshot;
  return {
    what: 'answer',
    name: m,
    ...number('id', id),
    ...leased(ok),
    ...(isSnapshot(snapshot) && { snapshot: room(snapshot) }),
  };
}

function leased(lease) {
  if (!Array.isArray(lease?.urls)) return {};
  const places = lease.urls.map(({ url }) => streamHash(String(url)));
  return { lease: { ...chosen(lease, LEASE), places } };
}

function isSnapshot(value) {
  return Array.isArray(value?.members) && Array.isArray(value?.streams);
}

function room({ members, streams }) {
  return {
    members: members.map((member) => chosen(member, MEMBER)),
    streams: streams.map((stream) => chosen(stream, STREAM)),
  };
}

function chosen(object, names) {
  const copy = {};
  for (const name of names) {
    const value = object?.[name];
    if (typeof value === 'boolean' || Number.isFinite(value) || word(value) !== undefined) copy[name] = value;
  }
  return copy;
}

function number(name, value) {
  return Number.isFinite(value) ? { [name]: value } : {};
}

function word(value) {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_WORD ? value : undefined;
}
