/** TDesign's button, cell and dialog run in the simulator without a fault, and taps do what they should. */

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { layOut, openPage, press, said, shows } from './support.mjs';

let phone;
const root = layOut();
const open = async (t) => {
  phone = await openPage(t, root, '/pages/tdesign/tdesign');
};
afterEach(() => assert.deepEqual(phone.faults, []));

test('everything is shown', async (t) => {
  await open(t);
  for (const words of ['Open', 'Ask', 'Off', 'Busy', 'A group', 'A cell', 'what it is', 'note', 'Second'])
    assert.ok(phone.page.text().includes(words), words);
  assert.equal(phone.page.find('#own').text(), '', 'the dialog is closed');
});

test('a dialog by property: a button opens it, yes and no close it', async (t) => {
  await open(t);
  for (const [words, answer] of [
    ['Yes', 'yes'],
    ['No', 'no'],
  ]) {
    press(phone, '#open');
    await shows(phone, '#own', 'It goes away.');
    press(phone, '#own', words);
    await said(phone, answer);
    assert.equal(phone.page.data.visible, false);
  }
});

test('a dialog by call: its promise says what was pressed', async (t) => {
  await open(t);
  for (const [words, answer] of [
    ['Go', 'go'],
    ['Stop', 'stop'],
  ]) {
    press(phone, '#ask');
    await shows(phone, '#t-dialog', 'Go on?');
    press(phone, '#t-dialog', words);
    await said(phone, answer);
  }
});

test('a disabled button and a busy one do nothing', async (t) => {
  await open(t);
  press(phone, '#off');
  press(phone, '#busy');
  assert.equal(phone.page.data.visible, false);
});

test('a cell tells that it was tapped; a submit button sends the form around it', async (t) => {
  await open(t);
  phone.page.find('#cell').find('view').tap();
  await said(phone, 'pressed');
  press(phone, '#send');
  await said(phone, 'sent by me');
});
