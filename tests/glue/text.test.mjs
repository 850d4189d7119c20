import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ours from '../../js-glue/src/platform/wechat/text.js';

/** Bytes from a linear congruential generator, so that a failure can be run again. */
function* numbers(seed) {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 8;
  }
}

// Of large values that differ, assert would look for the smallest difference, for minutes.
const same = (one, other) => Buffer.compare(one, other) === 0;

const EDGES = [
  0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0,
  0xf1, 0xf3, 0xf4, 0xf5, 0xff, 0xbb,
];

test('encode equals the platform encoder for every code point and for lone surrogates', () => {
  const native = new TextEncoder();
  const encoder = new ours.TextEncoder();
  for (let start = 0; start < 0x110000; start += 0x1000) {
    let text = '';
    for (let point = start; point < start + 0x1000; point += 1) text += String.fromCodePoint(point);
    assert.ok(same(encoder.encode(text), native.encode(text)), `in the block at ${start.toString(16)}`);
  }
  for (const text of ['', 'a\ud800', '\udc00b', '\ud800\ud800\udc00', '\udfff\ud800', 'ok \ud83d']) {
    assert.deepEqual(encoder.encode(text), native.encode(text));
  }
  assert.deepEqual(encoder.encode(), native.encode());
});

test('decode equals the platform decoder for every code point', () => {
  const native = new TextDecoder('utf-8', { ignoreBOM: true });
  const decoder = new ours.TextDecoder('utf-8', { ignoreBOM: true });
  for (let start = 0; start < 0x110000; start += 0x1000) {
    let text = '';
    for (let point = start; point < start + 0x1000; point += 1) text += String.fromCodePoint(point);
    const bytes = new TextEncoder().encode(text);
    assert.ok(decoder.decode(bytes) === native.decode(bytes), `in the block at ${start.toString(16)}`);
  }
});

test('decode equals the platform decoder for all sequences of three edge bytes, and for random ones', () => {
  const native = new TextDecoder();
  const decoder = new ours.TextDecoder();
  for (const a of EDGES)
    for (const b of EDGES)
      for (const c of EDGES) {
        const bytes = Uint8Array.of(a, b, c);
        assert.equal(decoder.decode(bytes), native.decode(bytes), bytes.join());
      }
  const random = numbers(7);
  for (let round = 0; round < 20000; round += 1) {
    const bytes = Uint8Array.from(
      { length: random.next().value % 12 },
      () => EDGES[random.next().value % EDGES.length],
    );
    assert.equal(decoder.decode(bytes), native.decode(bytes), bytes.join());
  }
});

test('fatal refuses exactly what the platform decoder refuses', () => {
  const native = new TextDecoder('utf-8', { fatal: true });
  const decoder = new ours.TextDecoder('utf-8', { fatal: true });
  const refused = (codec, bytes) => {
    try {
      codec.decode(bytes);
      return false;
    } catch (error) {
      return error instanceof TypeError;
    }
  };
  for (const a of EDGES)
    for (const b of EDGES) {
      const bytes = Uint8Array.of(a, b);
      assert.equal(refused(decoder, bytes), refused(native, bytes), bytes.join());
    }
});

test('a byte order mark goes, unless ignoreBOM keeps it', () => {
  const bytes = Uint8Array.of(0xef, 0xbb, 0xbf, 0x41);
  assert.equal(new ours.TextDecoder().decode(bytes), 'A');
  assert.equal(new ours.TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), '\ufeffA');
});

test('a megabyte of text goes both ways, and nothing decodes to nothing', () => {
  const text = '房间👋a'.repeat(100000);
  assert.ok(new ours.TextDecoder().decode(new ours.TextEncoder().encode(text)) === text);
  assert.equal(new ours.TextDecoder().decode(), '');
});
