/**
 * Each attribute and event of WeChat's tags, through the components: the table of `js-glue/native-tags.json`, tried.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { camelCase, eventsOf, filesByTable, NATIVE_TAGS } from '../../js-glue/native-tags.mjs';
import { mount } from './mount.mjs';

const NOWHERE = 'rtmp://127.0.0.1:1/live/one';
/** What the component makes of what its page gave: tried apart. */
const OWN_WAY = ['video-width', 'video-height'];

test('components, READMEs and typings are as the table says; `node js-glue/native-tags.mjs` writes them', () => {
  for (const [path, text] of Object.entries(filesByTable())) {
    assert.equal(readFileSync(new URL(`../../js-glue/${path}`, import.meta.url), 'utf8'), text, `js-glue/${path}`);
  }
});

for (const [name, component] of Object.entries(NATIVE_TAGS)) {
  const { tag, attributes } = component;
  const passed = Object.entries(attributes).filter(
    ([attribute, entry]) => !entry['not-passed'] && !OWN_WAY.includes(attribute),
  );

  test(`${name}: where the page says nothing, the tag has WeChat's defaults, but for those that the table changes`, async (t) => {
    const { phone, find } = await mount(t, `<${name} url="${NOWHERE}" />`, {});
    for (const [attribute, entry] of passed) {
      assert.equal(find(tag).data[camelCase(attribute)], entry['component-default'] ?? entry.default, attribute);
    }
    assert.deepEqual(phone.faults, []);
  });

  test(`${name}: what the page says reaches the tag`, async (t) => {
    const data = Object.fromEntries(passed.map(([attribute, entry]) => [camelCase(attribute), another(entry)]));
    const template = `<${name} url="${NOWHERE}" ${passed.map(([attribute]) => `${attribute}="{{${camelCase(attribute)}}}"`).join(' ')} />`;
    const { phone, find, set } = await mount(t, template, data);
    for (const [property, value] of Object.entries(data)) assert.deepEqual(find(tag).data[property], value, property);
    set({ pictureInPictureMode: ['push', 'pop'] });
    assert.equal(JSON.stringify(find(tag).data.pictureInPictureMode), '["push","pop"]');
    assert.deepEqual(phone.faults, []);
  });

  test(`${name}: each event of the tag reaches the page`, async (t) => {
    const events = eventsOf(component);
    const template = `<${name} url="${NOWHERE}" ${events.map(({ event }) => `bind:${event}="hear"`).join(' ')} />`;
    const { phone, find, heard } = await mount(t, template, {});
    for (const { native } of events) find(tag).trigger(native, { of: native });
    assert.deepEqual(
      heard().map(({ type, detail }) => [type, detail]),
      events.map(({ event, native }) => [event, { of: native }]),
    );
    assert.deepEqual(phone.faults, []);
  });
}

test('v-pusher: a size that nobody gave is that of mode and aspect; one that the page gave stands', async (t) => {
  const template = `<v-pusher url="${NOWHERE}" mode="{{mode}}" aspect="{{aspect}}" video-width="{{width}}" video-height="{{height}}" />`;
  const { phone, find, set } = await mount(t, template, { mode: 'RTC', aspect: '3:4', width: 0, height: 0 });
  const size = (change) => {
    set(change);
    const { videoWidth, videoHeight } = find('live-pusher').data;
    return [videoWidth, videoHeight];
  };
  assert.deepEqual(size({}), [360, 480]);
  assert.deepEqual(size({ aspect: '9:16' }), [360, 640]);
  assert.deepEqual(size({ mode: 'HD' }), [540, 960]);
  assert.deepEqual(size({ mode: 'FHD', aspect: '3:4' }), [720, 960]);
  assert.deepEqual(size({ width: 368, height: 368 }), [368, 368]);
  assert.deepEqual(phone.faults, []);
});

test('v-pusher: the microphone is off if either spelling of enable-mic says so', async (t) => {
  const template = `<v-pusher url="${NOWHERE}" enbale-mic="{{guide}}" enable-mic="{{code}}" />`;
  const { phone, find, set } = await mount(t, template, { guide: false, code: true });
  const mic = () => find('live-pusher').data.enableMic;
  assert.equal(mic(), false);
  set({ guide: true });
  assert.equal(mic(), true);
  set({ code: false });
  assert.equal(mic(), false);
  assert.deepEqual(phone.faults, []);
});

/** A value that is allowed and not what the component passes by itself. */
function another({ type, values, range, default: value, 'component-default': own = value }) {
  if (values) return values.find((allowed) => allowed !== own);
  if (range) return range[1];
  return { string: 'given', number: 7, boolean: !own, any: 'push' }[type];
}
