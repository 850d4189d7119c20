/** live-pusher and live-player, by the SDK's table of what they take. */

import { readFileSync } from 'node:fs';
import { camelCase } from '../camel-case.js';

const TABLE = JSON.parse(readFileSync(new URL('../../../js-glue/native-tags.json', import.meta.url), 'utf8'));

export const NATIVE_TAGS = {};
for (const { tag, attributes, events } of Object.values(TABLE)) {
  const properties = {};
  for (const [name, { type, values, default: value, range }] of Object.entries(attributes)) {
    properties[camelCase(name)] = { type: values ?? type, value, ...(range && { range }) };
  }
  NATIVE_TAGS[tag] = { native: true, properties, events: Object.keys(events) };
}
