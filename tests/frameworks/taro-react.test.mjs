/** `examples/taro-react`: Taro 4 with React, built, in a call. */

import { test } from 'node:test';
import { build, callWithRepairs } from './support.mjs';

test('Taro 4 with React', (t) => callWithRepairs(t, build(t, 'taro-react', 'build', 'dist')));
