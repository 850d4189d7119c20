/**
 * Built-in tags and behaviors as ordinary apps use them: every attribute that WeChat has, values that are not given,
 * forms through components.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phone } from '../../simulator/index.js';
import { BUILT_IN_TAGS } from '../../simulator/ui/built-in-tags.js';
import { packageOf } from './support.mjs';

async function page(t, files) {
  const phone = await Phone.boot({
    name: 'test',
    root: packageOf(t, { 'app.json': '{ "pages": ["a"] }', 'a.js': 'Page({});', ...files }),
  });
  t.after(() => phone.close());
  await phone.open('/a');
  return phone;
}
const messages = (phone) => phone.faults.map(({ kind, message }) => `${kind}: ${message}`);

test('button: the whole table of attributes and events', async (t) => {
  const attributes =
    'size type plain disabled loading form-type open-type hover-class hover-stop-propagation hover-start-time hover-stay-time lang session-from send-message-title send-message-path send-message-img app-parameter show-message-card phone-number-no-quota-toast need-show-entrance entrance-path'.split(
      ' ',
    );
  const events =
    'getuserinfo contact getphonenumber getrealtimephonenumber error opensetting launchapp chooseavatar agreeprivacyauthorization createliveactivity tap'.split(
      ' ',
    );
  const phone = await page(t, {
    'a.wxml': `<button id="b" ${attributes.map((name) => `${name}="{{none}}"`).join(' ')} ${events.map((name) => `bind${name}="on"`).join(' ')}>b</button><button hover-start-time="20" size="mini" bind:chooseavatar="on"/>`,
    'a.js': 'Page({ on(event) { this.heard = event.type; } });',
  });
  assert.deepEqual(phone.faults, []);
  assert.deepEqual(
    [phone.page.find('#b').data.hoverStartTime, phone.page.find('#b').data.hoverClass],
    [20, 'button-hover'],
  );
  phone.page.find('#b').trigger('chooseavatar', { avatarUrl: 'x' });
  assert.equal(phone.page.instance.heard, 'chooseavatar');
});

test('tags that libraries use are there, what WeChat lacks is not', async (t) => {
  for (const tag of [
    'root-portal',
    'page-container',
    'rich-text',
    'video',
    'audio',
    'canvas',
    'camera',
    'map',
    'movable-area',
    'movable-view',
    'picker-view',
    'picker-view-column',
    'match-media',
    'share-element',
    'web-view',
    'open-data',
    'editor',
    'page-meta',
    'navigation-bar',
    'sticky-header',
    'span',
    'ad',
    'official-account',
  ])
    assert.ok(BUILT_IN_TAGS[tag], tag);
  for (const tag of ['div', 'custom-wrapper', 'native-slot', 'script', 'like'])
    assert.equal(BUILT_IN_TAGS[tag], undefined, tag);
  const phone = await page(t, {
    'a.wxml':
      '<div/><button colour="red" bindclick="on"/><scroll-view refresher-enabled upper-threshold="50rpx" bindrefresherrefresh="on" enhanced/><input auto-fill="{{none}}"/>',
    'a.js': 'Page({ on() {} });',
  });
  assert.deepEqual(messages(phone).sort(), [
    "unknown-event: <button> has no event 'click'",
    'unknown-tag: <div> is neither a built-in tag nor in usingComponents (line 1)',
    'warning: "colour" is not a valid property',
  ]);
});

test('what a screen reader is told may stand on every tag; a component that has such a property gets it', async (t) => {
  const phone = await page(t, {
    'a.wxml': '<view aria-role="button" aria-label="{{x}}"/><c id="c" aria-label="told" aria-hidden/>',
    'a.json': '{ "usingComponents": { "c": "c" } }',
    'c.js': 'Component({ properties: { ariaLabel: String } });',
    'c.wxml': '<view/>',
    'c.json': '{ "component": true }',
  });
  assert.deepEqual(phone.faults, []);
  assert.equal(phone.page.find('#c').data.ariaLabel, 'told');
});

test('nothing given to a built-in tag is its default; a wrong value is still a fault', async (t) => {
  const phone = await page(t, {
    'a.wxml': '<input id="i" value="{{none}}" maxlength="{{none}}" type="{{none}}"/><input maxlength="many"/>',
    'a.js': 'Page({ data: { none: null } });',
  });
  assert.deepEqual(phone.page.find('#i').data.maxlength, 140);
  assert.ok(messages(phone).some((message) => message === "attribute: <input maxlength> is 'many', not a number"));
  assert.ok(
    messages(phone).every((message) => /many|non-number/.test(message)),
    messages(phone).join('\n'),
  );
});

test('a list by number, a key that is the place in the list, and a class on a slot are no faults; a key that comes twice is', async (t) => {
  const phone = await page(t, {
    'a.wxml':
      '<c><view wx:for="{{2}}" wx:key="index">x</view></c><view wx:for="{{list}}" wx:key="id">{{item.id}}</view>',
    'a.json': '{ "usingComponents": { "c": "c" } }',
    'a.js': "Page({ data: { list: [{ id: 'a' }, { id: 'a' }] } });",
    'c.js': 'Component({});',
    'c.wxml': '<slot class="inner"/>',
    'c.json': '{ "component": true }',
  });
  assert.match(messages(phone).join('\n'), /^warning: Some keys are not unique while list updates: "a"\.$/);
});

test('a template that pages share, as Taro writes it: each has components of its own in it; a tag that none of them has is a fault', async (t) => {
  const component = (name) => ({
    [`${name}.js`]: 'Component({});',
    [`${name}.wxml`]: name,
    [`${name}.json`]: '{ "component": true }',
  });
  const phone = await page(t, {
    'app.json': '{ "pages": ["a", "b"] }',
    'b.js': 'Page({});',
    ...component('one'),
    ...component('two'),
    'a.wxml': '<import src="base.wxml"/><template is="one"/>',
    'a.json': '{ "usingComponents": { "c-one": "one" } }',
    'b.wxml': '<import src="base.wxml"/><template is="two"/>',
    'b.json': '{ "usingComponents": { "c-two": "two" } }',
    'base.wxml':
      '<import src="more.wxml"/><template name="one"><c-one/></template><template name="two"><template is="more"/></template>',
    'more.wxml': '<template name="more"><c-two/></template><template name="never"><c-three/></template>',
  });
  assert.equal(phone.page.text(), 'one');
  await phone.open('/b');
  assert.equal(phone.page.text(), 'two');
  assert.deepEqual(messages(phone), [
    'unknown-tag: <c-three> is neither a built-in tag nor in usingComponents (line 1)',
  ]);
});

test('a list that is not there yet is an empty one', async (t) => {
  const phone = await page(t, {
    'a.wxml': '<view wx:for="{{list}}" wx:key="*this">{{item}}</view>',
    'a.js': "Page({ onReady() { this.setData({ list: ['x', 'y'] }); } });",
  });
  assert.equal(phone.page.text(), 'x y');
  assert.deepEqual(phone.faults, []);
});

test("a component stands alone where its partner is not used, as TDesign's checkbox does without a group", async (t) => {
  const phone = await page(t, {
    'a.wxml': '<c/><textarea confirm-type="return" cursor-color="#ff0000"/>',
    'a.json': '{ "usingComponents": { "c": "c" } }',
    'c.js':
      "Component({ relations: { './group': { type: 'ancestor' } }, attached() { this.count = this.getRelationNodes('./group').length; } });",
    'c.wxml': '<view/>',
    'c.json': '{ "component": true }',
  });
  assert.deepEqual(phone.faults, []);
});

test("a property named dataset does not touch the node's own", async (t) => {
  const phone = await page(t, {
    'a.wxml': '<c id="c" data-x="1" dataset="{{given}}"/>',
    'a.json': '{ "usingComponents": { "c": "c" } }',
    'a.js': 'Page({ data: { given: { y: 2 } } });',
    'c.js': 'Component({ properties: { dataset: null } });',
    'c.wxml': '<view>{{dataset.y}}</view>',
    'c.json': '{ "component": true }',
  });
  assert.deepEqual([phone.page.find('#c').dataset, phone.page.text()], [{ x: '1' }, '2']);
  assert.deepEqual(phone.faults, []);
});

const FORM = {
  'a.json':
    '{ "usingComponents": { "field": "field", "plain": "plain", "group": "group", "submit": "submit", "inert": "inert" } }',
  'a.wxml':
    '<form bindsubmit="send"><field name="own" value="1"/><plain/><group><field name="slotted" value="2"/></group><switch name="on" checked/><submit id="yes"/><inert id="no"/></form>',
  'a.js': 'Page({ sent: [], send(event) { this.sent = this.sent.concat(event.detail.value); } });',
  'field.js': "Component({ behaviors: ['wx://form-field'], methods: {} });",
  'field.wxml': '<input name="inside-field" value="{{value}}"/>',
  'field.json': '{ "component": true }',
  'plain.js': 'Component({});',
  'plain.wxml': '<input name="inside-plain" value="3"/>',
  'plain.json': '{ "component": true }',
  'group.js': "Component({ behaviors: ['wx://form-field-group'] });",
  'group.wxml': '<input name="inside-group" value="4"/><slot/>',
  'group.json': '{ "component": true }',
  'submit.js': "Component({ behaviors: [Behavior({ behaviors: ['wx://form-field-button'] })] });",
  'submit.wxml': '<button form-type="submit"/>',
  'submit.json': '{ "component": true }',
  'inert.js': 'Component({});',
  'inert.wxml': '<button form-type="submit"/>',
  'inert.json': '{ "component": true }',
};

test('wx://form-field, -group and -button: a form reaches into the components that say so, and only into those', async (t) => {
  const phone = await page(t, FORM);
  phone.page.find('#no').find('button').tap();
  assert.deepEqual([...phone.page.instance.sent], []);
  phone.page.find('#yes').find('button').tap();
  assert.deepEqual(JSON.parse(JSON.stringify(phone.page.instance.sent)), [
    { own: '1', slotted: '2', 'inside-group': '4', on: true },
  ]);
  assert.deepEqual(phone.faults, []);
});

test('wx://component-export gives what export() returns; a behavior that WeChat lacks is a fault', async (t) => {
  const phone = await page(t, {
    'a.wxml': '<c id="c"/><d/>',
    'a.json': '{ "usingComponents": { "c": "c", "d": "d" } }',
    'a.js': "Page({ onReady() { this.got = this.selectComponent('#c').mine; } });",
    'c.js': "Component({ behaviors: ['wx://component-export'], export() { return { mine: 5 }; } });",
    'c.wxml': '<view/>',
    'c.json': '{ "component": true }',
    'd.js': "Component({ behaviors: ['wx://nothing'] });",
    'd.wxml': '<view/>',
    'd.json': '{ "component": true }',
  });
  assert.equal(phone.page.instance.got, 5);
  assert.match(
    messages(phone).join('\n'),
    /^module: behavior 'wx:\/\/nothing' is not known; WeChat brings wx:\/\/form-field, /,
  );
});

test('a style sheet may name a host without a protocol', async (t) => {
  const phone = await page(t, {
    'a.wxml': '<view/>',
    'a.wxss': "@font-face { src: url('//cdn.example.com/f.woff2?t=1'); }",
  });
  assert.deepEqual(phone.faults, []);
});
