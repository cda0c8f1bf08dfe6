/** Thrown values as exceptions. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exceptionsOf } from '../src/exception.js';

const CAUGHT = { type: 'generic', handled: true };

test('an error has type, value and frames', () => {
  const [{ type, value, stacktrace, mechanism }] = exceptionsOf(new RangeError('too many'), CAUGHT);
  assert.deepEqual([type, value, mechanism], ['RangeError', 'too many', CAUGHT]);
  assert.ok(stacktrace.frames.at(-1).filename.endsWith('exception.test.js'));
});

test('causes come first, the oldest at the start', () => {
  const error = new Error('outer', { cause: new Error('middle', { cause: 'a string' }) });
  const values = exceptionsOf(error, CAUGHT);
  assert.deepEqual(
    values.map(({ value }) => value),
    ['a string', 'middle', 'outer'],
  );
  assert.deepEqual(values[1].mechanism, {
    type: 'chained',
    handled: true,
    source: 'cause',
    exception_id: 1,
    parent_id: 0,
  });
  assert.deepEqual(values[2].mechanism, { ...CAUGHT, exception_id: 0 });
});

test('the errors of an AggregateError name their place in it', () => {
  const values = exceptionsOf(new AggregateError([new Error('a'), new Error('b')], 'all failed'), CAUGHT);
  assert.deepEqual(
    values.map(({ value, mechanism }) => [value, mechanism.source]),
    [
      ['b', 'errors[1]'],
      ['a', 'errors[0]'],
      ['all failed', undefined],
    ],
  );
  assert.equal(values[2].mechanism.is_exception_group, true);
});

test('errors that cause each other end', () => {
  const first = new Error('first');
  const second = new Error('second', { cause: first });
  first.cause = second;
  assert.equal(exceptionsOf(first, CAUGHT).length, 2);
});

test('a long chain is cut at ten', () => {
  let error = new Error('root');
  for (let depth = 0; depth < 30; depth++) error = new Error(`level ${depth}`, { cause: error });
  assert.equal(exceptionsOf(error, CAUGHT).length, 10);
});

test('a rejection with something else than an error is called so', () => {
  const [{ type, value }] = exceptionsOf({ code: 5 }, { type: 'onunhandledrejection', handled: false });
  assert.deepEqual([type, value], ['UnhandledRejection', 'Object {code: 5}']);
});

test('an error that lost its stack takes the frames at hand', () => {
  const error = Object.assign(new Error('x'), { stack: undefined });
  const frames = [{ filename: 'http://shop/a.js', function: '?', lineno: 1, colno: 2, in_app: true }];
  assert.deepEqual(exceptionsOf(error, CAUGHT, frames)[0].stacktrace, { frames });
});
