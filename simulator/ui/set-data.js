/**
 * The rules of setData: JSON-able values only, at most 1024 KB a call; an undefined field is dropped. A function stays
 * on the app-service's side, where the component finds it in `this.data` (Vant's dialog keeps its callback so); the
 * view never sees it.
 */

import { utf8Length } from '../package-path.js';

export const SET_DATA_LIMIT = 1024 * 1024;

/**
 * @param {any} data
 * @param {import('../app-service/realm.js').Realm} realm
 * @returns {{ problems: string[], accepted: object | null, bytes: number }} `accepted` null: the call is refused
 */
export function checkSetData(data, realm) {
  if (data === null || typeof data !== 'object' || Array.isArray(data)) {
    return { problems: [`setData needs an object, got ${describe(data)}`], accepted: null, bytes: 0 };
  }
  const problems = [];
  const accepted = realm.handOver({});
  for (const key of Object.keys(data)) {
    if (data[key] === undefined) {
      problems.push(`field '${key}' is undefined: it is dropped, use null`);
      continue;
    }
    const problem = notJson(data[key], key, realm, []);
    if (problem) problems.push(problem);
    else accepted[key] = data[key];
  }
  const bytes = utf8Length(JSON.stringify(accepted));
  if (bytes > SET_DATA_LIMIT) {
    problems.push(`${bytes} bytes in one call, the limit is ${SET_DATA_LIMIT}`);
    return { problems, accepted: null, bytes };
  }
  return { problems, accepted, bytes };
}

function notJson(value, path, realm, ancestors) {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
    case 'function':
      return null;
    case 'number':
      return Number.isFinite(value) ? null : `field '${path}' is ${value}, which JSON does not have`;
    case 'object':
      break;
    default:
      return `field '${path}' is a ${typeof value}, which is not JSON`;
  }
  if (value === null) return null;
  if (ancestors.includes(value)) return `field '${path}' contains itself`;
  const below = [...ancestors, value];
  if (Array.isArray(value)) {
    return firstProblem(
      value.map((item, index) => [item, `${path}[${index}]`]),
      realm,
      below,
    );
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== realm.intrinsics.Object.prototype) {
    return `field '${path}' is a ${value.constructor?.name ?? 'class'} instance, which is not JSON`;
  }
  return firstProblem(
    Object.keys(value).map((key) => [value[key], `${path}.${key}`]),
    realm,
    below,
  );
}

function firstProblem(entries, realm, ancestors) {
  for (const [value, path] of entries) {
    const problem = notJson(value, path, realm, ancestors);
    if (problem) return problem;
  }
  return null;
}

function describe(value) {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}
