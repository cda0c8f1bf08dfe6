/** Uncaught errors and rejections, in a real Chromium. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useBrowser } from './browser.js';

const open = useBrowser();

/** @param {string} source @returns the last exception of the event that running it makes */
async function thrownBy(source) {
  const shop = await open();
  await shop.run(source);
  const event = await shop.event();
  await shop.close();
  return event.exception.values.at(-1);
}

test('an uncaught error is reported as not handled, with its frames', async () => {
  const { type, value, mechanism, stacktrace } = await thrownBy(
    'function deep() { null.price }\nfunction total() { deep() }\ntotal()',
  );
  assert.equal(type, 'TypeError');
  assert.match(value, /Cannot read properties of null/);
  assert.deepEqual(mechanism, { type: 'onerror', handled: false });
  assert.deepEqual(stacktrace.frames.map((frame) => frame.function).slice(-2), ['total', 'deep']);
});

test('a rejection nobody handled is reported', async () => {
  const { type, value, mechanism } = await thrownBy('Promise.reject(new RangeError("too many"))');
  assert.deepEqual([type, value], ['RangeError', 'too many']);
  assert.deepEqual(mechanism, { type: 'onunhandledrejection', handled: false });
});

test('a rejection with an object says what was in it', async () => {
  const { type, value } = await thrownBy('Promise.reject({code: 5, reason: "sold out"})');
  assert.deepEqual([type, value], ['UnhandledRejection', 'Object {code: 5, reason: "sold out"}']);
});

test('a thrown string keeps its text and its place', async () => {
  const { type, value, stacktrace } = await thrownBy('setTimeout(() => { throw "out of stock" })');
  assert.deepEqual([type, value], ['Error', 'out of stock']);
  assert.equal(stacktrace.frames[0].lineno, 1);
});

for (const thrown of ['undefined', 'null', '0', 'Symbol("s")']) {
  test(`throw ${thrown} becomes an event`, async () => {
    const { type, value } = await thrownBy(`setTimeout(() => { throw ${thrown} })`);
    assert.equal(type, 'Error');
    assert.equal(value, thrown.replaceAll('"', ''));
  });
}

test('a rejection with undefined becomes an event', async () => {
  const { type, value } = await thrownBy('Promise.reject()');
  assert.deepEqual([type, value], ['UnhandledRejection', 'undefined']);
});

test('a syntax error, which has no stack, keeps its file and line', async () => {
  const { type, stacktrace } = await thrownBy('\n\nlet let = 1');
  assert.equal(type, 'SyntaxError');
  assert.equal(stacktrace.frames[0].lineno, 3);
});

test('an error event the page makes itself is left alone', async () => {
  const shop = await open();
  await shop.run('dispatchEvent(new Event("error")); setTimeout(() => { throw new Error("real") })');
  const event = await shop.event();
  assert.equal(event.exception.values[0].value, 'real');
  await shop.close();
});
