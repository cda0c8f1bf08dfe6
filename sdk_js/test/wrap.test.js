/** Instrumented functions stay what they were. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrap } from '../src/wrap.js';

/** @param {object} owner @param {string} name @returns {unknown[]} what the wrapper saw */
function watch(owner, name) {
  const seen = [];
  wrap(owner, name, (call, self, args) => {
    seen.push([self, ...args]);
    return call();
  });
  return seen;
}

test('this, arguments and result pass through', () => {
  const cart = {
    price: 2,
    total(count) {
      return this.price * count;
    },
  };
  const seen = watch(cart, 'total');
  assert.equal(cart.total(3), 6);
  assert.deepEqual(seen, [[cart, 3]]);
});

test('length, name and own properties are kept', () => {
  const api = {
    call: Object.assign(
      function call(a, b) {
        return a + b;
      },
      { version: 2 },
    ),
  };
  watch(api, 'call');
  assert.deepEqual([api.call.length, api.call.name, api.call.version], [2, 'call', 2]);
});

test('a native function still shows as native', () => {
  const api = { parse: JSON.parse };
  watch(api, 'parse');
  assert.match(String(api.parse), /\[native code\]/);
});

test('a class can still be constructed', () => {
  const api = { Cart: class Cart {} };
  const { Cart } = api;
  watch(api, 'Cart');
  assert.ok(new api.Cart() instanceof Cart);
});

test('what is not there is not made', () => {
  const api = {};
  watch(api, 'missing');
  watch(undefined, 'missing');
  assert.deepEqual(api, {});
});
