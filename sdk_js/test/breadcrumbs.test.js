/** The trail, and what fills it in a real Chromium. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTrail } from '../src/breadcrumbs.js';
import { useBrowser } from './browser.js';

const open = useBrowser();

/**
 * @param {string} script the steps
 * @param {(shop: any) => Promise<void>} act
 * @returns {Promise<any[]>} the trail they leave
 */
async function trailOf(script, act = async () => {}) {
  const shop = await open();
  await shop.run(script);
  await act(shop);
  await shop.run('Farside.captureMessage("end")');
  const { breadcrumbs } = await shop.event();
  await shop.close();
  return breadcrumbs;
}

/** @param {string} script that sets `done` in the end */
const trailOnceDone = (script) => trailOf(script, ({ page }) => page.waitForFunction('globalThis.done'));

test('the oldest step goes when the trail is full', () => {
  const trail = createTrail(2);
  for (const message of ['a', 'b', 'c']) trail.add({ category: 'test', message });
  assert.deepEqual(
    trail.list().map((step) => step.message),
    ['b', 'c'],
  );
});

test('a step without a time stamp gets one, in seconds', () => {
  const trail = createTrail(2);
  trail.add({ category: 'test' });
  assert.ok(Math.abs(trail.list()[0].timestamp - Date.now() / 1000) < 60);
});

test('a click is a path of elements, without their values', async () => {
  const html = '<form id=pay><input name=card value=4111><button class="big go"><b>Pay</b></button></form>';
  const steps = await trailOf(`document.body.innerHTML += ${JSON.stringify(html)}`, async ({ page }) => {
    await page.$eval('form', (form) => form.addEventListener('submit', (event) => event.preventDefault()));
    await page.click('input');
    await page.click('b');
  });
  assert.deepEqual(
    steps.map((step) => step.message),
    ['form#pay > input[name="card"]', 'form#pay > button.big.go > b'],
  );
  assert.ok(!JSON.stringify(steps).includes('4111'));
});

test('a click inside a shadow tree names the inner element', async () => {
  const script =
    'document.body.append(Object.assign(document.createElement("x-a"), {id: "host"}));' +
    'host.attachShadow({mode: "open"}).innerHTML = "<button id=inner>x</button>"';
  const [step] = await trailOf(script, ({ page }) => page.click('#inner'));
  assert.equal(step.message, 'button#inner');
});

test('console calls are kept with their level', async () => {
  const steps = await trailOf('console.warn("low", {stock: 1, deep: {a: 1}}); console.error(new Error("boom"))');
  assert.deepEqual(
    steps.map(({ category, level, message }) => [category, level, message]),
    [
      ['console', 'warning', 'low Object {stock: 1, deep: Object}'],
      ['console', 'error', 'Error: boom'],
    ],
  );
});

test('fetch is kept with method, status and a URL without query', async () => {
  const [step] = await trailOnceDone('fetch("/missing?token=secret", {method: "post"}).finally(() => done = true)');
  assert.equal(step.category, 'fetch');
  assert.equal(step.level, 'error');
  assert.match(step.data.url, /^http:\/\/127\.0\.0\.1:\d+\/missing$/);
  assert.deepEqual([step.data.method, step.data.status_code], ['POST', 404]);
});

test('a failed fetch nobody handles is a step and still a rejection', async () => {
  const shop = await open();
  await shop.run('fetch("http://127.0.0.1:1/closed")');
  const { exception, breadcrumbs } = await shop.event();
  await shop.close();
  assert.deepEqual(exception.values[0].mechanism, { type: 'onunhandledrejection', handled: false });
  assert.equal(breadcrumbs.at(-1).data.status_code, undefined);
});

test('a failed fetch the page handles is no event', async () => {
  const [step] = await trailOnceDone('fetch("http://127.0.0.1:1/").catch(() => done = true)');
  assert.equal(step.level, 'error');
});

test('XMLHttpRequest is kept, synchronous or not', async () => {
  const steps = await trailOnceDone(`for (const async of [false, true]) {
    const xhr = new XMLHttpRequest(); xhr.open("GET", "/missing?q=1", async);
    xhr.onloadend = () => done = async; xhr.send();
  }`);
  assert.deepEqual(
    steps.map(({ category, data }) => [category, data.status_code]),
    [
      ['xhr', 404],
      ['xhr', 404],
    ],
  );
  assert.ok(steps.every(({ data }) => data.url.endsWith('/missing')));
});

test('navigation inside the page is kept as paths', async () => {
  const steps = await trailOnceDone(
    'history.pushState({}, "", "/b?x=1"); history.replaceState({}, "", "/b?x=2"); ' +
      'addEventListener("popstate", () => done = true); history.back()',
  );
  const paths = steps.map(({ data }) => [data.from, data.to].map((url) => new URL(url).pathname));
  assert.deepEqual(paths, [
    ['/shop/cart', '/b'],
    ['/b', '/shop/cart'],
  ]);
});

test('maxBreadcrumbs: 0 leaves the page as it is', async () => {
  const shop = await open({ maxBreadcrumbs: 0 });
  await shop.run('console.log("x"); Farside.captureMessage(String(fetch))');
  const event = await shop.event();
  assert.deepEqual(event.breadcrumbs, []);
  assert.match(event.message, /^function fetch\(\)/);
  await shop.close();
});
