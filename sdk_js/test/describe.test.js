/** Values as readable lines. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, isError } from '../src/describe.js';

const CASES = [
  ['text', 'text'],
  [undefined, 'undefined'],
  [null, 'null'],
  [12n, '12'],
  [Symbol('s'), 'Symbol(s)'],
  [{ code: 5, text: 'a"b' }, 'Object {code: 5, text: "a\\"b"}'],
  [{ user: { password: 'x' }, list: [1] }, 'Object {user: Object, list: Array}'],
  [[1, 'b'], 'Array {0: 1, 1: "b"}'],
  [Object.create(null, { a: { value: 1, enumerable: true } }), 'Object {a: 1}'],
  [new TypeError('no'), 'TypeError: no'],
  [new Event('abort'), 'Event "abort"'],
];

for (const [value, expected] of CASES) {
  test(`reads as ${expected}`, () => assert.equal(describe(value), expected));
}

test('many keys are cut short', () => {
  const text = describe(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, index])));
  assert.match(text, /k9: 9, …}$/);
});

test('long text is cut at 500 characters', () => {
  assert.equal(describe('x'.repeat(9_000)).length, 500);
});

test('a throwing getter still gives a line', () => {
  assert.equal(
    describe({
      get a() {
        throw new Error('no');
      },
    }),
    '[object Object]',
  );
});

test('errors of other kinds are errors too', () => {
  assert.ok(isError(new DOMException('x')));
  assert.ok(!isError({ name: 'Error', message: 'x' }));
});
