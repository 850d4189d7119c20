import { parse } from 'acorn';

/**
 * A component in one file: the members of the object `nativeTag` are written where the component says
 * `...nativeTag.NAME`, and the import goes. A mini-program takes a component's folder as it is, and WeChat lets it load
 * nothing from outside that folder.
 *
 * @param {string} component text of `components/NAME/NAME.js`, an ES module
 * @param {string} shared text of `components/native-tag.js`
 * @returns {string} text of a script in ES5, which the mini-program's own build need not transpile
 */
export function makeComponent(component, shared) {
  const members = membersOf(shared);
  const [loading, ...statements] = parse(component, { ecmaVersion: 'latest', sourceType: 'module' }).body;
  if (loading?.type !== 'ImportDeclaration') throw new Error('component: expected an import of nativeTag first');
  let script = '';
  let copied = component.slice(loading.end).search(/\S/) + loading.end;
  for (const { start, end, of } of spreads(statements)) {
    if (!members[of]) throw new Error(`component: nativeTag has no ${of}`);
    script += component.slice(copied, start) + members[of];
    copied = end;
    delete members[of];
  }
  if (Object.keys(members).length) throw new Error(`component: takes no ${Object.keys(members).join(', ')}`);
  script += component.slice(copied);
  parse(script, { ecmaVersion: 5, sourceType: 'script' });
  return script;
}

/** What stands between the braces of each object in `nativeTag`, without the last comma, by the object's name. */
function membersOf(shared) {
  const [exported] = parse(shared, { ecmaVersion: 'latest', sourceType: 'module' }).body;
  const [nativeTag] = exported.declaration.declarations;
  return Object.fromEntries(
    nativeTag.init.properties.map(({ key, value }) => [
      key.name,
      shared
        .slice(value.start + 1, value.end - 1)
        .trim()
        .replace(/,$/, ''),
    ]),
  );
}

/** Where the object that `Component` is given, or an object in it, takes members of `nativeTag`. */
function spreads(statements) {
  const [{ expression }] = statements;
  const objects = expression.arguments[0].properties.map(({ value }) => value);
  return objects.flatMap(({ properties = [] }) =>
    properties
      .filter(({ type }) => type === 'SpreadElement')
      .map(({ start, end, argument }) => ({ start, end, of: argument.property.name })),
  );
}
