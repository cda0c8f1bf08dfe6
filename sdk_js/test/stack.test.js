/** Stacks of three engines. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeFrame, parseStack } from '../src/stack.js';

const FILE = 'http://shop.test/app.js';

// engine, one line of a stack, and its frame as [function, filename, line, column]
const LINES = [
  ['chromium', `    at total (${FILE}:120:23)`, ['total', FILE, 120, 23]],
  ['chromium', `    at ${FILE}:146:48`, ['?', FILE, 146, 48]],
  ['chromium', `    at async pay (${FILE}:3:1)`, ['pay', FILE, 3, 1]],
  ['chromium', `    at async ${FILE}:483:11`, ['?', FILE, 483, 11]],
  ['chromium', `    at new Cart (${FILE}:9:2)`, ['new Cart', FILE, 9, 2]],
  ['chromium', `    at Cart.add [as onclick] (${FILE}:9:2)`, ['Cart.add', FILE, 9, 2]],
  ['chromium', `    at ns.we ird-name (${FILE}:457:30)`, ['ns.we ird-name', FILE, 457, 30]],
  ['chromium', `    at eval (eval at run (${FILE}:175:11), <anonymous>:1:32)`, ['eval', FILE, 175, 11]],
  ['chromium', '    at JSON.parse (<anonymous>)', ['JSON.parse', '<anonymous>', undefined, undefined]],
  ['chromium', '    at async Promise.all (index 0)', ['Promise.all', '<anonymous>', undefined, undefined]],
  ['chromium', '    at <anonymous>:3:1', ['?', '<anonymous>', 3, 1]],
  ['chromium', `    at q (${FILE}?v=3&token=x:1:2)`, ['q', FILE, 1, 2]],
  ['firefox', `total@${FILE}:120:9`, ['total', FILE, 120, 9]],
  ['firefox', `@${FILE}:493:3`, ['?', FILE, 493, 3]],
  ['firefox', `faults/</<@${FILE}:219:69`, ['faults/</<', FILE, 219, 69]],
  ['firefox', `evald@${FILE} line 255 > eval:1:20`, ['evald', FILE, 255, undefined]],
  ['firefox', '@http://shop.test/a?b=c line 436 > injectedScript:3:1', ['?', 'http://shop.test/a', 436, undefined]],
  ['firefox', 'fn@https://cdn.test/react@18/index.js:1:2', ['fn', 'https://cdn.test/react@18/index.js', 1, 2]],
  ['webkit', `global code@${FILE}:494:3`, ['global code', FILE, 494, 3]],
  ['webkit', `#secret@${FILE}:104:33`, ['#secret', FILE, 104, 33]],
  ['webkit', 'eval@[native code]', ['eval', '[native code]', undefined, undefined]],
];

for (const [engine, line, expected] of LINES) {
  test(`${engine}: ${line.trim()}`, () => {
    const [frame] = parseStack(line);
    assert.deepEqual([frame.function, frame.filename, frame.lineno, frame.colno], expected);
  });
}

test('the oldest call comes first', () => {
  const frames = parseStack(`Error: x\n    at inner (${FILE}:1:1)\n    at outer (${FILE}:2:2)`, 'x');
  assert.deepEqual(
    frames.map((frame) => frame.function),
    ['outer', 'inner'],
  );
});

test('lines of a message that look like frames are not frames', () => {
  const message = 'first\n    at fake (http://evil.test/x.js:1:1)';
  const frames = parseStack(`TypeError: ${message}\n    at real (${FILE}:1:1)`, message);
  assert.deepEqual(
    frames.map((frame) => frame.function),
    ['real'],
  );
});

test('a message that equals a function name takes no frame away', () => {
  const frames = parseStack(`total@${FILE}:1:1\nouter@${FILE}:2:2`, 'total');
  assert.equal(frames.length, 2);
});

test('the fifty frames nearest to the error are kept', () => {
  const stack = Array.from({ length: 200 }, (_, index) => `f${index}@${FILE}:1:1`).join('\n');
  const frames = parseStack(stack);
  assert.deepEqual([frames.length, frames.at(-1).function], [50, 'f0']);
});

test('no stack, no frames', () => {
  assert.deepEqual(parseStack(undefined), []);
  assert.deepEqual(parseStack('\n@\n'), []);
});

for (const [filename, expected] of [
  [FILE, true],
  ['blob:http://shop.test/1234', true],
  ['chrome-extension://abc/x.js', false],
  ['safari-web-extension://abc/x.js', false],
  ['http://shop.test/node_modules/lib/x.js', false],
  ['http://far.test/sdk/farside-0.1.0.min.js', false],
  ['', false],
]) {
  test(`"${filename}" is ${expected ? '' : 'not '}in the app`, () => {
    assert.equal(makeFrame(filename, 'f', 1, 1).in_app, expected);
  });
}
