/** The public functions, as a page uses them, in a real Chromium. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { itemsOf, until, useBrowser } from './browser.js';

const open = useBrowser();

/** @param {string} source @param {object} [options] @returns the first event */
async function eventOf(source, options) {
  const shop = await open(options);
  await shop.run(source);
  const event = await shop.event();
  await shop.close();
  return event;
}

/** @param {string} source @returns {Promise<any[]>} all events, the last of which is the message `end` */
async function eventsUntilEnd(source, options) {
  const shop = await open(options);
  await shop.run(`${source};Farside.captureMessage("end")`);
  await until(() => shop.events().at(-1)?.message === 'end');
  const events = shop.events();
  await shop.close();
  return events.slice(0, -1);
}

test('an event carries what is known around it', async () => {
  const event = await eventOf(
    'Farside.setUser({id: "u1"}); Farside.setTag("plan", "pro"); Farside.setTags({lang: "de"});' +
      'Farside.setContext("cart", {items: 2}); Farside.captureMessage("hello", "warning")',
    { environment: 'staging' },
  );
  const { message, level, release, environment, user, tags, contexts, platform } = event;
  assert.deepEqual(
    { message, level, release, environment, user, tags, platform },
    {
      message: 'hello',
      level: 'warning',
      release: 'shop@1',
      environment: 'staging',
      user: { id: 'u1' },
      tags: { plan: 'pro', lang: 'de' },
      platform: 'javascript',
    },
  );
  assert.deepEqual(contexts.cart, { items: 2 });
  assert.match(contexts.farside.session_id, /^[0-9a-f]{32}$/);
});

test('null forgets the user and removes a context', async () => {
  const event = await eventOf(
    'Farside.setUser({id: "u1"}); Farside.setUser(null);' +
      'Farside.setContext("a", {b: 1}); Farside.setContext("a", null);' +
      'Farside.captureMessage("x")',
  );
  assert.equal(event.user, undefined);
  assert.deepEqual(Object.keys(event.contexts), ['farside']);
});

test('the page URL goes without query and fragment', async () => {
  const event = await eventOf('Farside.captureMessage("x")');
  assert.match(event.request.url, /^http:\/\/127\.0\.0\.1:\d+\/shop\/cart$/);
  assert.match(event.request.headers['User-Agent'], /Chrome/);
});

test('a caught error is reported as handled and its id returned', async () => {
  const event = await eventOf('try { null.x } catch (error) { document.title = Farside.captureException(error) }');
  assert.deepEqual(event.exception.values[0].mechanism, { type: 'generic', handled: true });
  assert.match(event.event_id, /^[0-9a-f]{32}$/);
});

test('details belong to one event only', async () => {
  const [first, second] = await eventsUntilEnd(
    'Farside.captureException(new Error("a"), {level: "fatal", tags: {step: "pay"}, fingerprint: ["x"]});' +
      'Farside.captureException(new Error("b"))',
  );
  assert.deepEqual([first.level, first.tags, first.fingerprint], ['fatal', { step: 'pay' }, ['x']]);
  assert.deepEqual([second.level, second.tags], ['error', {}]);
});

test('a value without a stack gets the stack of the call', async () => {
  const event = await eventOf('function pay() { Farside.captureException("declined") }\npay()');
  const { value, stacktrace } = event.exception.values[0];
  assert.equal(value, 'declined');
  assert.equal(stacktrace.frames.at(-1).function, 'pay');
});

test('beforeSend may change an event or drop it, and is told what was thrown', async () => {
  const shop = await open(false);
  const options = `{dsn: ${JSON.stringify(shop.collector.dsn)}, beforeSend(event, {originalException}) {
    return originalException === "secret" ? null : {...event, tags: {seen: "yes"}} }}`;
  await shop.run(`Farside.init(${options}); Farside.captureMessage("secret"); Farside.captureMessage("fine")`);
  const event = await shop.event();
  assert.deepEqual([event.message, event.tags], ['fine', { seen: 'yes' }]);
  const { client_report: report } = itemsOf(shop.collector.requests[0].body);
  assert.deepEqual(report.discarded_events, [{ reason: 'before_send', category: 'error', quantity: 1 }]);
  await shop.close();
});

test('a beforeSend that throws lets nothing out and harms nothing', async () => {
  const shop = await open(false);
  const dsn = JSON.stringify(shop.collector.dsn);
  await shop.run(
    `Farside.init({dsn: ${dsn}, beforeSend() { throw new Error("mine") }}); Farside.captureMessage("private")`,
  );
  await shop.run(`Farside.init({dsn: ${dsn}}); Farside.captureMessage("after")`);
  assert.equal((await shop.event()).message, 'after');
  await shop.close();
});

test('a beforeSend that captures does not call itself', async () => {
  const shop = await open(false);
  await shop.run(`Farside.init({dsn: ${JSON.stringify(shop.collector.dsn)}, beforeSend(event) {
    console.error("seen"); Farside.captureMessage("again"); return event }}); Farside.captureMessage("once")`);
  const event = await shop.event();
  assert.equal(event.message, 'once');
  assert.deepEqual(event.breadcrumbs, []);
  await shop.close();
});

test('an error that was reported and thrown on is sent once', async () => {
  const events = await eventsUntilEnd(
    'try { try { null.x } catch (error) { Farside.captureException(error); throw error } }' +
      'catch (error) { Farside.captureException(error) }',
  );
  assert.equal(events.length, 1);
});

test('an error in a loop is sent once and counted', async () => {
  const shop = await open();
  await shop.run(
    'for (let i = 0; i < 100; i++) Farside.captureException(new Error("same")); Farside.captureMessage("end")',
  );
  await until(() => shop.collector.requests.length === 2);
  const { client_report: report } = itemsOf(shop.collector.requests[1].body);
  assert.deepEqual(report.discarded_events, [{ reason: 'duplicate', category: 'error', quantity: 99 }]);
  await shop.close();
});

test('different errors in a row are all sent', async () => {
  const events = await eventsUntilEnd('for (const name of ["a", "b", "a"]) Farside.captureException(new Error(name))');
  assert.deepEqual(
    events.map((event) => event.exception.values[0].value),
    ['a', 'b', 'a'],
  );
});

test('a debug id in the page reaches the event of its file', async () => {
  const id = '11111111-2222-4333-8444-555555555555';
  const event = await eventOf(`(globalThis._sentryDebugIds = {})[new Error().stack] = "${id}"\nthrow new Error("x")`);
  const [image] = event.debug_meta.images;
  assert.deepEqual([image.type, image.debug_id], ['sourcemap', id]);
  assert.equal(image.code_file, event.exception.values[0].stacktrace.frames[0].filename);
});

test('nothing hostile that is captured throws into the page', async () => {
  const [event] = await eventsUntilEnd(`
    Farside.captureException(new Proxy(new Error("p"), {get() { throw 1 }}));
    const loop = {n: 1n}; loop.loop = loop;
    Farside.captureException(Object.defineProperty({}, "x", {enumerable: true, get() { throw 1 }}), {contexts: {loop}});
  `);
  assert.equal(event.exception.values[0].value, '[object Object]');
  assert.deepEqual(event.contexts.loop, { n: '1', loop: '[circular]' });
});

test('a DSN that cannot be right is told on the console, not thrown', async () => {
  const shop = await open(false);
  const said = shop.page.waitForEvent('console');
  await shop.run('Farside.init({dsn: "https://nokey.example/7"}); document.title = "still running"');
  assert.match((await said).text(), /dsn is "https:\/\/nokey\.example\/7", but must have the form/);
  assert.equal(await shop.page.title(), 'still running');
  await shop.close();
});

test('without a DSN every function does nothing', async () => {
  const shop = await open({ dsn: '' });
  await shop.run(
    'document.title = [Farside.captureException(1), Farside.captureMessage("x"), console.log.name].join()',
  );
  assert.equal(await shop.page.title(), ',,log');
  await shop.close();
});

test('a second init changes the settings and watches the page once', async () => {
  const shop = await open();
  const again = { dsn: shop.collector.dsn, release: 'shop@2' };
  await shop.run(
    `Farside.init(${JSON.stringify(again)}); console.log("one"); setTimeout(() => { throw new Error("x") })`,
  );
  const event = await shop.event();
  assert.equal(event.release, 'shop@2');
  assert.deepEqual(
    event.breadcrumbs.map((step) => step.message),
    ['one'],
  );
  await shop.close();
});

test('flush tells when all has arrived', async () => {
  const shop = await open();
  await shop.run('Farside.captureMessage("x"); Farside.flush().then((done) => { document.title = done })');
  await shop.page.waitForFunction('document.title === "true"');
  assert.equal(shop.events().length, 1);
  await shop.close();
});

test('what was captured just before the page goes away still arrives', async () => {
  const shop = await open();
  await shop.run('for (const name of ["a", "b", "c"]) Farside.captureMessage(name); location.href = "/elsewhere"');
  await until(() => new Set(shop.events().map((event) => event.message)).size === 3);
  await shop.close();
});

test('a report is a plain request, without a preflight', async () => {
  const shop = await open();
  await shop.run('Farside.captureMessage("x")');
  await shop.event();
  const [{ method, url, headers }] = shop.collector.requests;
  assert.deepEqual([method, headers['content-type']], ['POST', 'text/plain;charset=UTF-8']);
  assert.match(url, /^\/api\/7\/envelope\/\?sentry_key=abc123&sentry_version=7&sentry_client=farside\.browser%2F/);
  assert.equal(headers.referer, `${shop.origin}/`);
  await shop.close();
});

test('a collector that limits by headers a page can read is obeyed', async () => {
  const shop = await open();
  shop.collector.answers.push({ status: 429, headers: { 'Retry-After': '1' } });
  await shop.run('Farside.captureMessage("a"); Farside.flush(10000).then((done) => { document.title = done })');
  await shop.page.waitForFunction('document.title === "true"');
  assert.deepEqual(
    shop.events().map((event) => event.message),
    ['a', 'a'],
  );
  await shop.close();
});
