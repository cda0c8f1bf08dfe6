/** Addresses and bodies. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { collectorUrl, SDK, serialize } from '../src/envelope.js';

const QUERY = `sentry_key=abc&sentry_version=7&sentry_client=farside.browser%2F${SDK.version}`;

test('the version is that of the package', () => {
  assert.equal(SDK.version, JSON.parse(String(readFileSync(new URL('../package.json', import.meta.url)))).version);
});

for (const [dsn, expected] of [
  ['https://abc@far.test/7', `https://far.test/api/7/envelope/?${QUERY}`],
  ['http://abc@127.0.0.1:8000/12/', `http://127.0.0.1:8000/api/12/envelope/?${QUERY}`],
  ['https://abc@far.test/some/path/7', `https://far.test/some/path/api/7/envelope/?${QUERY}`],
]) {
  test(`${dsn} is understood`, () => assert.equal(collectorUrl(dsn), expected));
}

for (const dsn of [
  'far.test/7',
  'https://far.test/7',
  'https://abc@far.test/',
  'https://abc@far.test/shop',
  'ftp://abc@far.test/7',
]) {
  test(`${dsn} is refused with the form it should have`, () => {
    assert.throws(() => collectorUrl(dsn), {
      name: 'TypeError',
      message: /must have the form https:\/\/KEY@HOST\/PROJECT_ID/,
    });
  });
}

test('an envelope is a header, and two lines an item', () => {
  const counts = [{ reason: 'duplicate', category: 'error', quantity: 2 }];
  const [header, item, event, report, body] = serialize({ event_id: 'e1' }, counts)
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual([header.event_id, header.sdk], ['e1', SDK]);
  assert.ok(Math.abs(Date.parse(header.sent_at) - Date.now()) < 60_000);
  assert.deepEqual([item, event], [{ type: 'event' }, { event_id: 'e1' }]);
  assert.deepEqual([report, body.discarded_events], [{ type: 'client_report' }, counts]);
});

test('without losses there is no report', () => {
  assert.equal(serialize({ event_id: 'e1' }, []).split('\n').length, 3);
});

test('a value used twice is written twice, a circle is cut', () => {
  const shared = { a: 1 };
  const event = { event_id: 'e1', first: shared, second: [shared] };
  event.self = event;
  assert.deepEqual(JSON.parse(serialize(event, []).split('\n')[2]), {
    event_id: 'e1',
    first: { a: 1 },
    second: [{ a: 1 }],
    self: '[circular]',
  });
});
