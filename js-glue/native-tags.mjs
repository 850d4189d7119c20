/**
 * What follows from `native-tags.json`, the table of WeChat's `live-pusher` and `live-player`: which of their
 * attributes and events the components pass on, and how. Writes those parts of the components, of their READMEs and of
 * the typings:
 *
 *     node native-tags.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const TYPES = { string: 'String', number: 'Number', boolean: 'Boolean', any: 'null' };
const SHOWN_TYPES = { ...TYPES, any: 'any' };

/** The table, by the component's name. */
export const NATIVE_TAGS = JSON.parse(readFileSync(join(HERE, 'native-tags.json'), 'utf8'));

/** @returns {Record<string, string>} the files, by their path in this folder, with the parts that the table says */
export function filesByTable() {
  const files = { 'components.d.ts': typings() };
  for (const [name, component] of Object.entries(NATIVE_TAGS)) {
    const replace = (file, pattern, content) => {
      const path = `components/${name}/${file}`;
      const text = files[path] ?? readFileSync(join(HERE, path), 'utf8');
      if (!pattern.test(text))
        throw new Error(`js-glue/${path}: the part that the table says is not found: ${pattern}`);
      files[path] = text.replace(pattern, (_all, before, after) => before + content + after);
    };
    replace(`${name}.js`, /( {2}properties: \{\n)[\s\S]*?(\n {2}\},\n)/, definitions(component));
    replace(
      `${name}.wxml`,
      new RegExp(`(<${component.tag}\\n(?:(?! {4}data-tag)[^/])*? {4}data-tag="[^"]*"\\n)[\\s\\S]*?(\\n {2}/>)`),
      attributes(component),
    );
    replace('README.md', /(## Properties\n\n\|.*\n\|.*\n)[\s\S]*?(\n\n)/, propertyRows(component));
    replace('README.md', /(## Events\n[\s\S]*?\n\n\|.*\n\|.*\n)[\s\S]*?(\n\n)/, eventRows(component));
  }
  return files;
}

/**
 * The component's properties, its own ones first. @returns {[string, any][]} the name as written in templates, and its
 * entry
 */
export function propertiesOf({ own, attributes: native }) {
  return [...Object.entries(own), ...Object.entries(native).filter(([, entry]) => !entry['not-passed'])];
}

/** @returns {{ native: string, event: string, handler: string, entry: any }[]} */
export function eventsOf(component) {
  return Object.entries(component.events).map(([native, entry]) => ({
    native,
    entry,
    event: entry.as ?? component['events-begin-with'] + native,
    handler: entry.handler ?? 'pass',
  }));
}

export const camelCase = (attribute) => attribute.replace(/-([a-z])/g, (_all, letter) => letter.toUpperCase());

const defaultOf = (entry) => (Object.hasOwn(entry, 'component-default') ? entry['component-default'] : entry.default);

function definitions(component) {
  const literal = (value) => (typeof value === 'string' ? `'${value}'` : String(value));
  return propertiesOf(component)
    .map(([name, entry]) => {
      const observer = entry.observer ? `, observer: '${entry.observer}'` : '';
      return `    ${camelCase(name)}: { type: ${TYPES[entry.type]}, value: ${literal(defaultOf(entry))}${observer} },`;
    })
    .join('\n');
}

function attributes(component) {
  const given = Object.entries(component.attributes).filter(([, entry]) => entry.set || !entry['not-passed']);
  return [
    ...given.map(([name, { set }]) => `    ${name}="{{${set ?? camelCase(name)}}}"`),
    ...eventsOf(component).map(({ native, handler }) => `    bind${native}="${handler}"`),
  ].join('\n');
}

function propertyRows(component) {
  const shown = (value) => (value === '' ? '' : `\`${value}\``);
  return propertiesOf(component)
    .map(([name, entry]) => {
      const differs = entry['component-default'] !== undefined && entry['component-default'] !== 0;
      const note = differs ? ` WeChat's own default: \`${entry.default}\`.` : '';
      return `| \`${name}\` | ${SHOWN_TYPES[entry.type]} | ${shown(defaultOf(entry))} | ${entry.meaning}${note} |`;
    })
    .join('\n');
}

function eventRows(component) {
  return eventsOf(component)
    .map(({ native, event }) => `| \`${event}\` | \`${native}\` |`)
    .join('\n');
}

function typings() {
  const interfaces = Object.entries(NATIVE_TAGS).map(([name, component]) => {
    const pascal = name.replace(/(?:^|-)([a-z])/g, (_all, letter) => letter.toUpperCase());
    const properties = propertiesOf(component).map(
      ([property, entry]) => `  /** ${entry.meaning} */\n  ${camelCase(property)}?: ${typeScript(entry)};`,
    );
    const events = eventsOf(component).map(
      ({ native, event, entry }) =>
        `  /** \`${native}\` of \`${component.tag}\`. */\n  ${event}: ${pascal}Event<${entry.typescript ?? 'unknown'}>;`,
    );
    return `/** The properties of \`${name}\`. */
export interface ${pascal}Properties {
${properties.join('\n')}
}

/** The events of \`${name}\`, by name. */
export interface ${pascal}Events {
${events.join('\n')}
}`;
  });
  return `/** What pages give to \`v-pusher\` and \`v-player\`, and hear of them. Written by native-tags.mjs, not by hand. */
import type { StreamControl } from './index';

/** An event of \`v-pusher\`; its \`detail\` is the event of the native tag. */
export interface VPusherEvent<Detail> {
  type: string;
  detail: { type: string; detail: Detail };
}

/** An event of \`v-player\`; its \`detail\` has the stream and the event of the native tag. */
export interface VPlayerEvent<Detail> {
  type: string;
  detail: { uid: string; screen: '0' | '1'; e: { type: string; detail: Detail } };
}

${interfaces.join('\n\n')}
`;
}

function typeScript({ type, values, typescript }) {
  return typescript ?? (values ? values.map((value) => `'${value}'`).join(' | ') : type);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(filesByTable())) writeFileSync(join(HERE, path), text);
}
