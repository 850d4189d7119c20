/**
 * What is wrong with an attribute of a built-in tag, judged by the value the template gives, before the framework
 * converts it.
 */

import { BUILT_IN_TAGS, COMMON_PROPERTIES } from './built-in-tags.js';
import { camelCase } from './camel-case.js';

/**
 * @param {string} tag
 * @param {string} name as written, `enable-mic`
 * @param {unknown} value
 * @returns {string | null}
 */
export function attributeProblem(tag, name, value) {
  const property = camelCase(name);
  const entry = BUILT_IN_TAGS[tag].properties[property] ?? COMMON_PROPERTIES[property];
  if (!entry || value === undefined || value === null) return null;
  const shown = `<${tag} ${name}>`;
  if (Array.isArray(entry.type)) {
    return entry.type.includes(value) || value === ''
      ? null
      : `${shown} is '${value}', not one of ${entry.type.join(', ')}`;
  }
  switch (entry.type) {
    case 'boolean':
      return value === 'false' ? `${shown} is the string 'false', which counts as true: write {{false}}` : null;
    case 'number':
      return numberProblem(shown, entry.range, value);
    case 'string':
      if (typeof value === 'object') return `${shown} is an object, not a string`;
      return BUILT_IN_TAGS[tag].native ? addressProblem(shown, tag, property, String(value)) : null;
    default:
      return null;
  }
}

function numberProblem(shown, range, value) {
  if (value === '' || !Number.isFinite(Number(value))) return `${shown} is '${value}', not a number`;
  if (range && (value < range[0] || value > range[1])) return `${shown} is ${value}, not within ${range.join('..')}`;
  return null;
}

function addressProblem(shown, tag, property, value) {
  if (value === '') return null;
  if (tag === 'live-pusher' && property === 'url' && !/^rtmp:\/\//.test(value))
    return `${shown} must be an rtmp:// URL`;
  if (tag === 'live-player' && property === 'src' && !/^(rtmp:\/\/|https?:\/\/.*\.flv(\?|$))/.test(value)) {
    return `${shown} must be an rtmp:// URL or an http(s) URL of a .flv`;
  }
  return null;
}
