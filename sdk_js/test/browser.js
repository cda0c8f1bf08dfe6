/** A real Chromium, a page that loads the bundle, and a collector on another origin that keeps what it receives. */

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { browserFiles } from '../scripts/build.mjs';

const CHROMIUM = [
  '/usr/lib/chromium/chromium',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** @param {import('node:http').RequestListener} handle */
async function listen(handle) {
  const server = createServer(handle);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

async function startSite() {
  const files = await browserFiles();
  const bundle = files[JSON.parse(String(files['manifest.json'])).file];
  return listen((request, response) => {
    const [path, query] = request.url.split('?');
    const script = path === '/farside.js' ? bundle : decodeURIComponent(query ?? '');
    if (path.endsWith('.js')) return response.setHeader('Content-Type', 'text/javascript').end(script);
    if (path === '/missing') return response.writeHead(404).end();
    response
      .setHeader('Content-Type', 'text/html')
      .end('<!doctype html><script src="/farside.js"></script><main></main>');
  });
}

/** Answers 200, or what `answers` holds for the next requests: `{status, headers}`; `{broken: true}` loses the connection. */
async function startCollector() {
  const collector = { requests: [], answers: [] };
  const { server, origin } = await listen(async (request, response) => {
    const body = (await request.toArray()).join('');
    collector.requests.push({ method: request.method, url: request.url, headers: request.headers, body });
    const answer = collector.answers.shift() ?? { status: 200 };
    if (answer.broken) return request.socket.destroy();
    const cors = {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Expose-Headers': 'Retry-After, X-Sentry-Rate-Limits',
    };
    response.writeHead(answer.status, { ...cors, ...answer.headers }).end('{}');
  });
  return Object.assign(collector, { server, dsn: origin.replace('//', '//abc123@').concat('/7') });
}

/** @param {string} body of an envelope */
export function itemsOf(body) {
  const [header, ...lines] = body.split('\n').map((line) => JSON.parse(line));
  const items = {};
  for (let index = 0; index < lines.length; index += 2) items[lines[index].type] = lines[index + 1];
  return { header, ...items };
}

/** @param {() => boolean} condition */
export async function until(condition) {
  for (const end = Date.now() + 10_000; !condition();) {
    if (Date.now() > end) throw new Error(`still not so after 10 s: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Call at the top of a test file; `open()` gives a fresh page with the SDK started and its own collector. */
export function useBrowser() {
  const running = {};
  before(async () => {
    const executablePath = process.env.CHROMIUM_PATH ?? CHROMIUM.find(existsSync);
    if (!executablePath) throw new Error('no Chromium found: install it (apt install chromium) or set CHROMIUM_PATH');
    running.browser = await chromium.launch({
      executablePath,
      chromiumSandbox: false,
      args: ['--disable-dev-shm-usage'],
    });
    running.site = await startSite();
  });
  after(async () => {
    await running.browser?.close();
    running.site?.server.close();
  });
  return (options) => openPage(running, options);
}

/** @param {object | false} options for `Farside.init`; false leaves it to the test */
async function openPage({ browser, site }, options = {}) {
  const collector = await startCollector();
  const page = await browser.newPage();
  await page.goto(`${site.origin}/shop/cart?token=secret#top`);
  if (options)
    await run(page, `Farside.init(${JSON.stringify({ dsn: collector.dsn, release: 'shop@1', ...options })})`);
  return {
    page,
    collector,
    origin: site.origin,
    run: (source) => run(page, source),
    events: () => collector.requests.map(({ body }) => itemsOf(body).event).filter(Boolean),
    async event(count = 1) {
      await until(() => this.events().length >= count);
      return this.events()[count - 1];
    },
    async close() {
      await page.close();
      collector.server.closeAllConnections();
      collector.server.close();
    },
  };
}

/** As a script file of the page: what it throws reaches the page's own handlers, which `page.evaluate` prevents. */
async function run(page, source) {
  await page.evaluate(
    (url) =>
      new Promise((resolve) => {
        const script = document.createElement('script');
        script.src = url;
        script.onload = script.onerror = resolve;
        document.body.append(script);
      }),
    `/script.js?${encodeURIComponent(source)}`,
  );
}
