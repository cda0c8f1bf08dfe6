/** Debug IDs matched to frames. */

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { debugImages } from '../src/debugids.js';
import { makeFrame } from '../src/stack.js';

const frames = [makeFrame('http://shop.test/app.js', 'f', 1, 1), makeFrame('http://shop.test/app.js', 'g', 2, 1)];
const stackIn = (file) => `Error\n    at http://shop.test/${file}:1:80\n    at http://shop.test/loader.js:1:1`;

afterEach(() => {
  delete globalThis._sentryDebugIds;
  delete globalThis._farsideDebugIds;
});

test('a file with frames gets one image', () => {
  globalThis._sentryDebugIds = { [stackIn('app.js')]: 'id-1' };
  assert.deepEqual(debugImages(frames), [
    { type: 'sourcemap', code_file: 'http://shop.test/app.js', debug_id: 'id-1' },
  ]);
});

test('both registries are read, our own wins', () => {
  globalThis._sentryDebugIds = { [stackIn('app.js')]: 'theirs' };
  globalThis._farsideDebugIds = { [stackIn('app.js')]: 'ours' };
  assert.deepEqual(
    debugImages(frames).map((image) => image.debug_id),
    ['ours'],
  );
});

test('files outside the stack are left out', () => {
  globalThis._farsideDebugIds = { [stackIn('other.js')]: 'id-2' };
  assert.deepEqual(debugImages(frames), []);
});

test('the query of a script URL does not part it from its frames', () => {
  globalThis._sentryDebugIds = { [stackIn('app.js?v=2')]: 'id-3' };
  assert.equal(debugImages(frames).length, 1);
});
