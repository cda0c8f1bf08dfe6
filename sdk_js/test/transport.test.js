/** Delivery to a collector that limits, fails and refuses, over real HTTP. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { createTransport, pauseOf } from '../src/transport.js';
import { itemsOf, until } from './browser.js';

const received = [];
const answers = [];
let server;
let transport;

before(async () => {
  server = createServer(async (request, response) => {
    received.push(itemsOf((await request.toArray()).join('')));
    const { status = 200, headers, broken, held } = answers.shift() ?? {};
    if (broken) return request.socket.destroy();
    await held;
    response.writeHead(status, headers).end('{}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
});

beforeEach(() => {
  received.length = answers.length = 0;
  transport = createTransport(`http://127.0.0.1:${server.address().port}/api/7/envelope/`, fetch);
});

after(() => {
  server.closeAllConnections();
  server.close();
});

const send = (...ids) => ids.forEach((id) => transport.send({ event_id: id }));
const ids = () => received.map(({ event }) => event?.event_id);

test('events arrive in their order', async () => {
  send('a', 'b', 'c');
  assert.equal(await transport.flush(5_000), true);
  assert.deepEqual(ids(), ['a', 'b', 'c']);
});

test('after a lost connection the event is sent again', async () => {
  answers.push({ broken: true });
  send('a');
  assert.equal(await transport.flush(10_000), true);
  assert.deepEqual(ids(), ['a', 'a']);
});

test('after a server error the event is sent again', async () => {
  answers.push({ status: 503 });
  send('a');
  await transport.flush(10_000);
  assert.deepEqual(ids(), ['a', 'a']);
});

test('an event the server always fails on does not block the others', async (context) => {
  context.mock.method(Math, 'random', () => 0); // no waiting between the tries
  context.mock.method(console, 'warn', () => {});
  answers.push(...Array(7).fill({ status: 500 }));
  send('poison', 'good');
  await transport.flush(5_000);
  assert.deepEqual(ids(), [...Array(7).fill('poison'), 'good']);
});

test('a 429 is waited out, then the event is sent', async () => {
  answers.push({ status: 429, headers: { 'Retry-After': '1' } });
  send('a');
  assert.equal(await transport.flush(300), false);
  assert.deepEqual(ids(), ['a']);
  assert.equal(await transport.flush(5_000), true);
  assert.deepEqual(ids(), ['a', 'a']);
});

test('a refused event is told, counted and not repeated', async (context) => {
  const warn = context.mock.method(console, 'warn', () => {});
  answers.push({ status: 403 });
  send('a', 'b');
  await transport.flush(5_000);
  send('c');
  await transport.flush(5_000);
  assert.match(warn.mock.calls[0].arguments[0], /refused an event \(HTTP 403\)/);
  assert.deepEqual(ids(), ['a', 'b', 'c']);
  assert.deepEqual(received[2].client_report.discarded_events, [
    { reason: 'send_error', category: 'error', quantity: 1 },
  ]);
});

test('flush tells that an event was refused, until another is delivered', async (context) => {
  context.mock.method(console, 'warn', () => {});
  answers.push({ status: 403 });
  send('a');
  assert.equal(await transport.flush(5_000), false);
  assert.equal(await transport.flush(5_000), false);
  send('b');
  assert.equal(await transport.flush(5_000), true);
});

test('410 stops it for good', async (context) => {
  context.mock.method(console, 'warn', () => {});
  answers.push({ status: 410 });
  send('a', 'b');
  await transport.flush(5_000);
  send('c');
  assert.deepEqual(ids(), ['a']);
});

test('a full queue loses its oldest and counts them', async () => {
  let release;
  answers.push({
    held: new Promise((resolve) => {
      release = resolve;
    }),
  });
  send(...Array.from({ length: 33 }, (_, index) => index));
  release();
  await transport.flush(5_000);
  assert.deepEqual(ids(), [0, ...Array.from({ length: 29 }, (_, index) => index + 4)]);
  assert.equal(received.at(-1).client_report.discarded_events[0].reason, 'queue_overflow');
});

test('when the page leaves, what waits goes out at once', async () => {
  let release;
  answers.push({
    held: new Promise((resolve) => {
      release = resolve;
    }),
  });
  send('a', 'b', 'c');
  transport.leave();
  await until(() => received.length === 3);
  assert.deepEqual(ids().sort(), ['a', 'b', 'c']);
  release();
  await transport.flush(5_000);
});

test('when the page leaves, losses not told yet are told', async () => {
  transport.discard('duplicate');
  transport.leave();
  await until(() => received.length === 1);
  assert.equal(received[0].client_report.discarded_events[0].quantity, 1);
});

test('a fetch that throws at once is a lost connection', async () => {
  const tries = [
    () => {
      throw new TypeError('blocked');
    },
    () => Promise.resolve(new Response()),
  ];
  const blocked = createTransport('http://shop.test/', () => tries.shift()());
  blocked.send({ event_id: 'a' });
  assert.equal(await blocked.flush(10_000), true);
});

test('flush of nothing is done', async () => {
  assert.equal(await transport.flush(1), true);
});

const NEXT_MINUTE = new Date(Date.now() + 59_000).toUTCString();
for (const [status, headers, low, high] of [
  [200, {}, 0, 0],
  [200, { 'X-Sentry-Rate-Limits': '60:error;default:project' }, 60, 60],
  [200, { 'X-Sentry-Rate-Limits': '60:transaction:organization' }, 0, 0],
  [200, { 'X-Sentry-Rate-Limits': '10::organization, 30:error:key' }, 30, 30],
  [429, { 'Retry-After': '5' }, 5, 5],
  [429, { 'Retry-After': NEXT_MINUTE }, 1, 60],
  [429, { 'Retry-After': 'soon' }, 60, 60],
  [429, {}, 60, 60],
]) {
  test(`HTTP ${status} with ${JSON.stringify(headers)} pauses for ${low}-${high} s`, () => {
    const pause = pauseOf(new Response(null, { status, headers }));
    assert.ok(pause >= low && pause <= high, `${pause} s`);
  });
}
