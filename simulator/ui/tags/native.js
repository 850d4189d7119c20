/** live-pusher and live-player, by the SDK's table of what they take. */

import { existsSync, readFileSync } from 'node:fs';
import { camelCase } from '../camel-case.js';

/** The SDK's own where this is its repository; else the copy that `npm pack` made. */
const PLACES = ['../../../js-glue/native-tags.json', '../../native-tags.json'].map(
  (place) => new URL(place, import.meta.url),
);
const TABLE = JSON.parse(readFileSync(PLACES.find(existsSync) ?? PLACES[1], 'utf8'));

export const NATIVE_TAGS = {};
for (const { tag, attributes, events } of Object.values(TABLE)) {
  const properties = {};
  for (const [name, { type, values, default: value, range }] of Object.entries(attributes)) {
    properties[camelCase(name)] = { type: values ?? type, value, ...(range && { range }) };
  }
  NATIVE_TAGS[tag] = { native: true, properties, events: Object.keys(events) };
}
