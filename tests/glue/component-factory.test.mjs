import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComponent } from '../../js-glue/component-factory.mjs';

const SHARED = `export const nativeTag = {
  data: {
    /** Why. */
    tag: 0,
  },

  methods: {
    end: function () {
      this.setData({ tag: this.begin() });
    },
  },
};
`;

const COMPONENT = `import { nativeTag } from '../native-tag.js';

/** What it is. */
Component({
  properties: {},
  data: {
    ...nativeTag.data,
    own: [],
  },
  methods: {
    begin: function () {
      return 1;
    },
    ...nativeTag.methods,
  },
});
`;

test('the members stand where the component says, with their comments, and nothing is loaded', () => {
  assert.equal(
    makeComponent(COMPONENT, SHARED),
    `/** What it is. */
Component({
  properties: {},
  data: {
    /** Why. */
    tag: 0,
    own: [],
  },
  methods: {
    begin: function () {
      return 1;
    },
    end: function () {
      this.setData({ tag: this.begin() });
    },
  },
});
`,
  );
});

test('a component of another shape stops the build', () => {
  assert.throws(() => makeComponent(COMPONENT.replace(/^import.*\n/, ''), SHARED), /expected an import/);
  assert.throws(() => makeComponent(COMPONENT.replace('nativeTag.data', 'nativeTag.dates'), SHARED), /has no dates/);
  assert.throws(() => makeComponent(COMPONENT.replace('    ...nativeTag.methods,\n', ''), SHARED), /takes no methods/);
  assert.throws(() => makeComponent(COMPONENT.replace('return 1', 'return () => 1'), SHARED), /Unexpected token/);
  assert.throws(
    () => makeComponent(COMPONENT.replace('return 1', 'return {...nativeTag.data}'), SHARED),
    /Unexpected token/,
  );
});
