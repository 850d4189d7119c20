/**
 * The property `control`: what STREAM_CONTROL orders is carried out, whatever else happens to the component meanwhile.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mount } from './mount.mjs';

/** No server listens there. */
const url = (name) => `rtmp://127.0.0.1:1/live/${name}`;
const pause = (milliseconds) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

const KINDS = {
  'v-pusher': {
    template:
      '<v-pusher wx:if="{{shown}}" id="it" url="{{url}}" control="{{control}}" bind:pusherstatechange="hear" bind:pushernetstatuschange="hear" bind:pushererror="hear" bind:pusheraudiovolumenotify="hear" />',
    tag: 'live-pusher',
    context: 'createLivePusherContext',
    begin: 'start',
    source: 'url',
    live: 1002,
    events: ['statechange', 'netstatus', 'error', 'audiovolumenotify'],
  },
  'v-player': {
    template:
      '<v-player wx:if="{{shown}}" id="it" url="{{url}}" control="{{control}}" uid="alice" bind:playerstatechange="hear" bind:playernetstatuschange="hear" bind:playererror="hear" bind:playeraudiovolumenotify="hear" bind:playerfullscreenchange="hear" />',
    tag: 'live-player',
    context: 'createLivePlayerContext',
    begin: 'play',
    source: 'src',
    live: 2004,
    events: ['statechange', 'netstatus', 'error', 'audiovolumenotify', 'fullscreenchange'],
  },
};

for (const [name, kind] of Object.entries(KINDS)) {
  /** A mounted component, orders for it, and the calls of the context that its tag gets. */
  const setUp = async (t, data = {}, { answers = true } = {}) => {
    const mounted = await mount(
      t,
      kind.template,
      { shown: true, url: url('one'), control: null, ...data },
      { native: { retries: 0, retryMs: 60000 } },
    );
    const { phone, set, find } = mounted;
    let sequence = 10;
    const calls = [];
    const { wx } = phone.service.realm.global;
    const create = wx[kind.context];
    let created = 0;
    // What WeChat answers is held back, or never comes.
    const held = [];
    wx[kind.context] = (...parameters) => {
      const context = create(...parameters);
      created += 1;
      const seen = {};
      for (const method of ['stop', kind.begin]) {
        seen[method] = (options) => {
          calls.push(method);
          if (answers) context[method](options);
          else held.push(options);
        };
      }
      return seen;
    };
    find('#it')?.instance.connect();
    const order = (action, background = 'mute') => {
      sequence += 1;
      set({ control: { uid: 'alice', screen: false, action, sequence, background } });
    };
    const tag = () => find(kind.tag);
    const say = (code, element = tag()) => element.trigger('statechange', { code, message: '' });
    const told = () =>
      mounted
        .heard()
        .map(({ detail }) => detail.code)
        .filter((code) => code < 1000 || [1002, 2004].includes(code));
    return {
      ...mounted,
      order,
      tag,
      say,
      told,
      calls,
      held,
      created: () => created,
      state: () => find('#it').data.state,
    };
  };
  const settled = ({ phone, calls }) => phone.waitFor(() => calls.includes(kind.begin), 3000, 'the new start');

  if (name === 'v-pusher') {
    test(`${name}: play-again with a delay gives the phone time to hand the microphone back`, async (t) => {
      const it = await setUp(t);
      it.say(kind.live);
      const began = Date.now();
      it.set({
        control: { uid: 'alice', screen: false, action: 'play-again', delay: 1000, sequence: 99, background: 'mute' },
      });
      await settled(it);
      assert.ok(Date.now() - began >= 950, `started after ${Date.now() - began} ms`);
      assert.deepEqual(it.calls, ['stop', kind.begin]);
    });
  }

  test(`${name}: play-again stops the tag and starts the same one, once for each order`, async (t) => {
    const it = await setUp(t);
    const element = it.tag().element;
    it.say(kind.live);
    assert.equal(it.state(), 'ok');
    it.order('play-again');
    assert.equal(it.state(), 'init');
    await settled(it);
    assert.deepEqual(it.calls, ['stop', kind.begin]);
    // The same order and address, told again by a framework that does not look whether they changed.
    it.set({ control: { ...it.phone.page.data.control } });
    it.find('#it').instance.urlChanged(url('one'));
    await pause(50);
    assert.deepEqual(it.calls, ['stop', kind.begin]);
    it.order('play-again');
    await it.phone.waitFor(() => it.calls.length === 4, 1000, 'the second order');
    assert.equal(it.tag().element, element);
    assert.deepEqual(it.phone.faults, []);
  });

  test(`${name}: play-again waits for the stop, but not for ever`, async (t) => {
    const it = await setUp(t, {}, { answers: false });
    it.order('play-again');
    await pause(100);
    assert.deepEqual(it.calls, ['stop']);
    it.held[0].success({});
    assert.deepEqual(it.calls, ['stop', kind.begin]);
    it.order('play-again');
    await it.phone.waitFor(() => it.calls.length === 4, 2000, 'the start without an answer');
    it.held.forEach((options) => options?.success?.({}));
    await pause(50);
    assert.deepEqual(it.calls, ['stop', kind.begin, 'stop', kind.begin]);
  });

  test(`${name}: remount brings a new tag with the same address`, async (t) => {
    const it = await setUp(t);
    const old = it.tag();
    const created = it.created();
    it.say(kind.live);
    it.order('remount');
    await it.phone.waitFor(() => it.tag() && it.tag().element !== old.element, 1000, 'the new tag');
    await it.phone.waitFor(() => it.created() > created, 1000, 'a context for it');
    assert.equal(old.attached, false);
    assert.equal(it.tag().data[kind.source], url('one'));
    assert.equal(it.state(), 'init');
    it.say(kind.live);
    assert.equal(it.state(), 'ok');
    assert.deepEqual(it.phone.faults, []);
  });

  test(`${name}: stop ends the tag until a new address comes; what comes before does nothing`, async (t) => {
    const it = await setUp(t);
    it.order('stop');
    assert.equal(it.tag(), null);
    assert.deepEqual(it.calls, ['stop']);
    assert.equal(it.find('.info').text(), '');
    for (const action of ['start', 'play-again', 'remount']) it.order(action);
    it.set({ url: '' });
    await pause(50);
    assert.equal(it.tag(), null);
    it.set({ url: url('one') });
    await it.phone.waitFor(() => it.tag(), 1000, 'the tag');
    assert.equal(it.tag().data[kind.source], url('one'));
    it.order('stop');
    it.set({ url: url('two') });
    await it.phone.waitFor(() => it.tag(), 1000, 'the next tag');
    assert.equal(it.tag().data[kind.source], url('two'));
    it.say(kind.live);
    assert.equal(it.state(), 'ok');
    assert.deepEqual(it.phone.faults, []);
  });

  test(`${name}: nothing is heard of a tag that is being exchanged, or that was`, async (t) => {
    const it = await setUp(t, {}, { answers: false });
    const fireAll = (element) => {
      for (const event of kind.events) element.trigger(event, { code: 7, info: {}, errCode: 7, volume: 1 });
    };
    fireAll(it.tag());
    assert.equal(it.heard().filter(({ detail }) => detail.code === 7).length, kind.events.length);
    it.order('play-again');
    fireAll(it.tag());
    it.held[0].success({});
    it.say(8);
    const old = it.tag();
    it.order('remount');
    await it.phone.waitFor(() => it.tag() && it.tag().element !== old.element, 1000, 'the new tag');
    // A late event, as from a client whose view is slower than its script.
    const { instance } = it.find('#it');
    const late = { detail: { code: 9 }, currentTarget: { dataset: old.dataset } };
    instance.bindstatechange(late);
    it.say(10);
    it.order('stop');
    instance.bindstatechange({ detail: { code: 11 }, currentTarget: { dataset: {} } });
    assert.deepEqual(
      it.told().filter((code) => code > 7),
      [8, 10],
    );
  });

  test(`${name}: the newest order counts`, async (t) => {
    const it = await setUp(t, {}, { answers: false });
    it.order('play-again');
    const old = it.tag();
    it.order('remount');
    it.order('play-again');
    await it.phone.waitFor(() => it.tag() && it.tag().element !== old.element, 2000, 'the new tag');
    await pause(1200);
    assert.deepEqual(it.calls, ['stop'], 'a new tag begins by itself');
    it.order('play-again');
    it.order('stop');
    await pause(1200);
    assert.deepEqual(it.calls, ['stop', 'stop', 'stop']);
    assert.equal(it.tag(), null);
  });

  test(`${name}: a new address during an exchange gets the new tag`, async (t) => {
    for (const action of ['remount', 'play-again']) {
      const it = await setUp(t, {}, { answers: false });
      const old = it.tag();
      it.order(action);
      it.set({ url: url('two') });
      await it.phone.waitFor(() => it.tag() && it.tag().element !== old.element, 2000, 'the new tag');
      assert.equal(it.tag().data[kind.source], url('two'));
      // And back to the address that it had.
      const second = it.tag();
      it.order('remount');
      it.set({ url: url('three') });
      it.set({ url: url('two') });
      await it.phone.waitFor(() => it.tag() && it.tag().element !== second.element, 2000, 'the third tag');
      assert.equal(it.tag().data[kind.source], url('two'));
      await pause(1100);
      assert.ok(!it.calls.includes(kind.begin));
      assert.deepEqual(it.phone.faults, []);
    }
  });

  test(`${name}: orders before there is an address, or before there is a component`, async (t) => {
    const it = await setUp(t, { url: '' });
    for (const action of ['start', 'remount', 'play-again']) it.order(action);
    it.set({ url: url('one') });
    await it.phone.waitFor(() => it.tag()?.data[kind.source] === url('one'), 2000, 'the tag');
    it.set({ shown: false });
    it.order('remount');
    it.set({ shown: true });
    const first = it.tag().element;
    it.set({ control: { ...it.phone.page.data.control } });
    await pause(50);
    assert.equal(it.tag().element, first, 'a fresh tag needs no repair');
    it.set({ url: '' });
    await pause(50);
    assert.equal(it.tag(), null, 'no tag without an address');
    it.set({ url: url('one') });
    await it.phone.waitFor(() => it.tag(), 1000, 'the tag');
    it.set({ shown: false });
    it.order('stop');
    it.set({ shown: true });
    await pause(50);
    assert.equal(it.tag(), null, 'what was ended stays so');
    it.set({ url: url('two') });
    await it.phone.waitFor(() => it.tag(), 1000, 'the tag of the next call');
    assert.deepEqual(it.phone.faults, []);
  });

  test(`${name}: gone in the middle of an exchange, it does nothing more`, async (t) => {
    const it = await setUp(t, {}, { answers: false });
    it.order('play-again');
    it.set({ shown: false });
    assert.deepEqual(it.calls, ['stop', 'stop']);
    assert.equal(it.phone.stats().timers, 0);
    it.held[0].success({});
    await pause(1200);
    assert.deepEqual(it.calls, ['stop', 'stop']);
    assert.deepEqual(it.phone.faults, []);
  });

  test(`${name}: a page that is closed may still set data`, async (t) => {
    const it = await setUp(t);
    const { instance } = it.phone.page;
    const set = (data) => it.phone.service.enter('late', () => instance.setData(it.phone.service.realm.handOver(data)));
    it.phone.pages.unloadAll();
    set({ url: url('two') });
    for (const [sequence, action] of ['remount', 'play-again', 'stop'].entries())
      set({ control: { action, sequence, background: 'mute' } });
    await pause(50);
    assert.deepEqual(it.calls, ['stop']);
    assert.deepEqual(it.phone.faults, []);
  });

  test(`${name}: in the background the tag is stopped at once, and exchanged on return`, async (t) => {
    const it = await setUp(t);
    const old = it.tag().element;
    it.phone.hide();
    it.order('remount');
    await pause(1100);
    const [native] = it.phone.natives.all();
    it.phone.show();
    await it.phone.waitFor(() => it.tag() && it.tag().element !== old, 2000, 'the new tag');
    assert.deepEqual(it.phone.natives.all().length, 1);
    assert.notEqual(it.phone.natives.all()[0], native);
    await it.phone.waitFor(() => it.phone.natives.all()[0].running, 1000, 'the start');
    it.phone.hide();
    it.order('stop');
    await it.phone.waitFor(
      () => !it.phone.natives.all()[0].running,
      500,
      'the tag to stop while the view stands still',
    );
    it.phone.show();
    assert.equal(it.phone.natives.all().length, 0);
    assert.deepEqual(it.phone.faults, []);
  });
}

test('v-pusher: in the background silent by default, and as the policy says', async (t) => {
  const { find, set } = await mount(t, '<v-pusher url="{{url}}" control="{{control}}" background-mute="{{mute}}" />', {
    url: url('one'),
    control: null,
    mute: true,
  });
  const muted = () => find('live-pusher').data.backgroundMute;
  assert.equal(muted(), true);
  set({ mute: false });
  assert.equal(muted(), false);
  for (const [background, expected] of [
    ['mute', true],
    ['keep-audio', false],
    ['leave', true],
  ]) {
    set({ control: { uid: 'alice', screen: false, action: 'start', sequence: 1, background } });
    assert.equal(muted(), expected, background);
  }
  const bare = await mount(t, '<v-pusher url="rtmp://127.0.0.1:1/live/one" />', {});
  assert.equal(bare.find('live-pusher').data.backgroundMute, true);
});

test('v-player: a 2006 of its own stop is no news, any other is', async (t) => {
  const { phone, find, set, heard } = await mount(
    t,
    KINDS['v-player'].template,
    { shown: true, url: url('one'), control: null },
    { native: { retries: 0 } },
  );
  const codes = () => heard().map(({ detail }) => detail.code);
  const say = (code) => find('live-player').trigger('statechange', { code, message: '' });
  say(2006);
  assert.equal(codes().filter((code) => code === 2006).length, 1);
  await phone.waitFor(() => codes().includes(-2301), 3000, 'the tag to give up');
  find('#it').instance.play();
  set({ control: { action: 'play-again', sequence: 1, background: 'mute' } });
  await phone.waitFor(() => codes().filter((code) => code === -2301).length === 2, 3000, 'the second try');
  assert.equal(codes().filter((code) => code === 2006).length, 1, 'the phone says 2006 at a stop');
  find('#it').instance.stop();
  say(2006);
  say(2001);
  say(2006);
  assert.equal(codes().filter((code) => code === 2006).length, 2);
});
