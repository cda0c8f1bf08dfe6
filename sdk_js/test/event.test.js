/** Ids and what an event holds; the rest is seen in client.test.js, with a page around it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomId } from '../src/event.js';

test('ids are 32 hex digits and differ', () => {
  const ids = Array.from({ length: 50 }, randomId);
  assert.ok(ids.every((id) => /^[0-9a-f]{32}$/.test(id)));
  assert.equal(new Set(ids).size, 50);
});
