/** The guard between SDK and page. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guard } from '../src/guard.js';

test('the result comes back', () => {
  assert.equal(
    guard(() => 5),
    5,
  );
});

test('an error stays inside and is told on the console', (context) => {
  const told = context.mock.method(console, 'error', () => {});
  assert.equal(
    guard(() => {
      throw new Error('ours');
    }),
    undefined,
  );
  assert.match(String(told.mock.calls[0].arguments[1]), /ours/);
});

test('work inside work is not run', () => {
  assert.deepEqual(
    guard(() => ['outer', guard(() => 'inner')]),
    ['outer', undefined],
  );
});

test('after an error it works again', (context) => {
  context.mock.method(console, 'error', () => {});
  guard(() => {
    throw new Error('ours');
  });
  assert.equal(
    guard(() => 1),
    1,
  );
});
