/** The steps before an error: a bounded trail of them, and the places in the page where they come from. */

import { describe } from './describe.js';
import { guard } from './guard.js';
import { selectorOf } from './selector.js';
import { stripUrl } from './url.js';
import { wrap } from './wrap.js';

/**
 * @typedef {object} Breadcrumb
 * @property {string} category such as `ui.click`, `console`, `fetch`, `xhr`, `navigation`
 * @property {string} [message]
 * @property {'debug' | 'info' | 'warning' | 'error'} [level]
 * @property {Record<string, unknown>} [data]
 * @property {number} [timestamp] seconds since 1970; now, if left out
 */
/** @typedef {(make: () => Breadcrumb | undefined) => void} Recorder */

/** @type {Record<string, Breadcrumb['level']>} */
const CONSOLE_LEVELS = { debug: 'debug', log: 'info', info: 'info', warn: 'warning', error: 'error' };

/** @param {number} limit how many are kept; the oldest go first */
export function createTrail(limit) {
  /** @type {Breadcrumb[]} */
  const trail = [];
  return {
    /** @param {Breadcrumb} breadcrumb */
    add(breadcrumb) {
      trail.push({ timestamp: Date.now() / 1000, ...breadcrumb });
      if (trail.length > limit) trail.shift();
    },
    list: () => [...trail],
  };
}

/**
 * Watch the page; once per page.
 * @param {(breadcrumb: Breadcrumb) => void} add
 */
export function watchPage(add) {
  /** @type {Recorder} */
  const record = (make) =>
    guard(() => {
      const breadcrumb = make();
      if (breadcrumb) add(breadcrumb);
    });
  watchClicks(record);
  watchConsole(record);
  watchFetch(record);
  watchXhr(record);
  watchNavigation(record);
}

/** @param {Recorder} record */
function watchClicks(record) {
  const onClick = (/** @type {Event} */ event) =>
    record(() => {
      const target = event.composedPath()[0]; // event.target stops at the border of a shadow tree
      return target instanceof Element ? { category: 'ui.click', message: selectorOf(target) } : undefined;
    });
  document.addEventListener('click', onClick, true);
}

/** @param {Recorder} record */
function watchConsole(record) {
  for (const [method, level] of Object.entries(CONSOLE_LEVELS)) {
    wrap(console, method, (call, _self, args) => {
      record(() => ({ category: 'console', level, message: args.map(describe).join(' ') }));
      return call();
    });
  }
}

/** @param {Recorder} record */
function watchFetch(record) {
  wrap(globalThis, 'fetch', (call, _self, [input, init]) => {
    const finish = startRequest(record, 'fetch', () => [init?.method ?? input?.method, input?.url ?? input]);
    // The page gets the promise that follows ours, so that a failure nobody handles stays an unhandled rejection.
    return Promise.resolve(call()).then(
      (response) => {
        finish(response.status);
        return response;
      },
      (error) => {
        finish(0);
        throw error;
      },
    );
  });
}

/** @param {Recorder} record */
function watchXhr(record) {
  /** @type {WeakMap<XMLHttpRequest, any[]>} */
  const opened = new WeakMap();
  const { prototype } = XMLHttpRequest;
  wrap(prototype, 'open', (call, xhr, args) => {
    opened.set(xhr, args);
    return call();
  });
  wrap(prototype, 'send', (call, xhr) => {
    const finish = startRequest(record, 'xhr', () => opened.get(xhr) ?? []);
    xhr.addEventListener('loadend', () => finish(xhr.status), { once: true });
    return call();
  });
}

/**
 * @param {Recorder} record
 * @param {string} category
 * @param {() => any[]} read gives method and URL
 * @returns {(status: number) => void} to call when it ended; 0 is a failure of the network
 */
function startRequest(record, category, read) {
  const start = performance.now();
  const request = guard(() => {
    const [method = 'GET', url] = read();
    return { method: String(method).toUpperCase(), url: stripUrl(url) };
  });
  return (status) =>
    record(() => ({
      category,
      level: status && status < 400 ? 'info' : 'error',
      data: { ...request, status_code: status || undefined, duration: Math.round(performance.now() - start) },
    }));
}

/** @param {Recorder} record */
function watchNavigation(record) {
  let from = stripUrl(location.href);
  const moved = () =>
    record(() => {
      const to = stripUrl(location.href);
      const data = { from, to };
      from = to;
      return data.from === to ? undefined : { category: 'navigation', data };
    });
  for (const method of ['pushState', 'replaceState']) {
    wrap(history, method, (call) => {
      const result = call();
      moved();
      return result;
    });
  }
  addEventListener('popstate', moved);
}
