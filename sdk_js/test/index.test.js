/** The public surface, in the module and in the browser bundle. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { browserFiles } from '../scripts/build.mjs';
import * as farside from '../src/index.js';

const PUBLIC = [
  'DEFAULTS',
  'SDK',
  'addBreadcrumb',
  'captureException',
  'captureMessage',
  'flush',
  'init',
  'setContext',
  'setTag',
  'setTags',
  'setUser',
];

test('these names are public, and no others', () => {
  assert.deepEqual(Object.keys(farside).sort(), PUBLIC);
});

test('the bundle gives the same names to window.Farside', async () => {
  const files = await browserFiles();
  const page = vm.createContext({});
  vm.runInContext(String(files[JSON.parse(String(files['manifest.json'])).file]), page);
  assert.deepEqual(Object.keys(page.Farside).sort(), PUBLIC);
});
