/** The debug ID of a built file, and the map that moved with it. */

import assert from 'node:assert/strict';
import { SourceMap } from 'node:module';
import { test } from 'node:test';
import vm from 'node:vm';
import { injectDebugId } from './debug_id.mjs';

const CODE = 'var total=1;\nthrow Error("x")\n';
// line 1, column 4 of CODE is line 3, column 2 of cart.ts
const MAP = JSON.stringify({ version: 3, sources: ['cart.ts'], names: [], mappings: 'IAEE' });

test('the same content gets the same id, in the file and in the map', () => {
  const [first, second] = [injectDebugId(CODE, MAP), injectDebugId(CODE, MAP)];
  const { debugId } = JSON.parse(first.map);
  assert.match(debugId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(first.code.endsWith(`\n//# debugId=${debugId}\n`));
  assert.deepEqual(first, second);
});

test('other content gets another id', () => {
  const [first, second] = [CODE, `${CODE};`].map((code) => JSON.parse(injectDebugId(code, MAP).map).debugId);
  assert.notEqual(first, second);
});

test('a position after the injected line still finds its source', () => {
  const { code, map } = injectDebugId(CODE, MAP);
  const line = code.split('\n').findIndex((text) => text.startsWith('var total'));
  const { originalSource, originalLine, originalColumn } = new SourceMap(JSON.parse(map)).findEntry(line, 4);
  assert.deepEqual([originalSource, originalLine, originalColumn], ['cart.ts', 2, 2]);
});

test('the file registers its id under a stack that names it', () => {
  const { code, map } = injectDebugId('', MAP);
  const page = vm.createContext({});
  vm.runInContext(code, page, 'http://shop.test/app.js');
  const [[stack, id]] = Object.entries(page._sentryDebugIds);
  assert.match(stack, /http:\/\/shop\.test\/app\.js:1/);
  assert.equal(id, JSON.parse(map).debugId);
});
