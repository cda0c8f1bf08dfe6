/** What of a URL may leave the page. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripUrl } from '../src/url.js';

for (const [url, expected] of [
  ['https://shop.test:8443/a/b?token=secret#part', 'https://shop.test:8443/a/b'],
  ['https://user:password@shop.test/', 'https://shop.test/'],
  [new URL('http://shop.test/x?y'), 'http://shop.test/x'],
  ['file:///srv/index.html?x', 'file:///srv/index.html'],
  ['chrome-extension://abc/x.js', 'chrome-extension://abc/x.js'],
  ['data:text/plain,secret', 'data:'],
  ['blob:http://shop.test/4bf3730a', 'blob:'],
]) {
  test(`${url}`, () => assert.equal(stripUrl(url), expected));
}
