/** `examples/uni-app-vue3`: uni-app with Vue 3, built, in a call. */

import { test } from 'node:test';
import { build, callWithRepairs } from './support.mjs';

test('uni-app with Vue 3', (t) =>
  callWithRepairs(t, build(t, 'uni-app-vue3', 'build:mp-weixin', 'dist/build/mp-weixin')));
