/** Envelopes to the collector: a short queue in memory, retries, and pauses when the collector asks for them. */

import { serialize } from './envelope.js';

const MAX_QUEUED = 30;
const MAX_KEEPALIVE = 60_000; // bytes; browsers refuse more than 64 kB over all requests under way
const DEFAULT_PAUSE = 60; // seconds; a 429 without a readable header
const MAX_PAUSE = 86_400; // seconds; a timer cannot wait for months
const FIRST_DELAY = 1_000;
const MAX_DELAY = 60_000;
const MAX_SERVER_ERRORS = 6; // then the event, not the server, is the likely cause

/**
 * @typedef {object} Transport
 * @property {(event: {event_id: string}) => void} send
 * @property {(reason: string) => void} discard count an event that is not sent
 * @property {(timeout: number) => Promise<boolean>} flush true when all is delivered; false if some was refused, or after `timeout` ms
 * @property {() => void} leave the page goes away: send what is left, without waiting for answers
 */

/**
 * Events leave one after another. The page may die in between, so each carries `keepalive` on its first try.
 * @param {string} url of the collector, with its key
 * @param {typeof globalThis.fetch} fetch the browser's own, not an instrumented one
 * @returns {Transport}
 */
export function createTransport(url, fetch) {
  /** @type {string[]} */
  const queue = [];
  /** @type {Map<string, number>} */
  const discarded = new Map();
  /** @type {Set<() => void>} */
  const idle = new Set();
  let failures = 0;
  let busy = false;
  let limited = false;
  let refused = false;
  let stopped = false;

  /** @param {string} reason */
  function discard(reason) {
    discarded.set(reason, (discarded.get(reason) ?? 0) + 1);
  }

  /** @param {{event_id: string}} [event] */
  function bodyWith(event) {
    const counts = [...discarded].map(([reason, quantity]) => ({ reason, category: 'error', quantity }));
    discarded.clear();
    return serialize(event, counts);
  }

  /** @param {{event_id: string}} event */
  function send(event) {
    if (stopped) return;
    if (queue.length >= MAX_QUEUED) {
      queue.splice(busy ? 1 : 0, 1); // the oldest that is not under way
      discard('queue_overflow');
    }
    queue.push(bodyWith(event));
    if (!busy) drain();
  }

  /** @param {string} body */
  async function post(body) {
    const keepalive = !failures && new Blob([body]).size < MAX_KEEPALIVE;
    // A string body goes as text/plain, which needs no preflight.
    return fetch(url, { method: 'POST', body, keepalive, credentials: 'omit', referrerPolicy: 'origin' });
  }

  async function drain() {
    busy = true;
    refused = false;
    while (queue.length) {
      const pause = await attempt(queue[0]);
      if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
      limited = false;
    }
    busy = false;
    for (const done of idle) done();
  }

  /**
   * One try; the body leaves the queue when the collector took it or will never take it.
   * @param {string} body
   * @returns {Promise<number>} ms to wait before the next
   */
  async function attempt(body) {
    const response = await post(body).catch(() => undefined);
    const failed = !response || (response.status >= 500 && failures < MAX_SERVER_ERRORS);
    if (failed) return Math.random() * Math.min(MAX_DELAY, FIRST_DELAY * 2 ** failures++);
    failures = 0;
    if (response.status !== 429) settle(body, response.status);
    const pause = pauseOf(response);
    limited = pause > 0;
    return Math.min(MAX_PAUSE, pause) * 1000;
  }

  /**
   * @param {string} body
   * @param {number} status
   */
  function settle(body, status) {
    const index = queue.indexOf(body);
    if (index >= 0) queue.splice(index, 1);
    if (status < 400) return;
    refused = true;
    discard('send_error');
    console.warn(`[farside] the server refused an event (HTTP ${status}): check the dsn and the project's settings`);
    if (status === 410) {
      stopped = true;
      queue.length = 0;
    }
  }

  /** @param {number} timeout */
  function flush(timeout) {
    return new Promise((/** @type {(delivered: boolean) => void} */ resolve) => {
      if (!busy) return resolve(!refused);
      const done = () => {
        clearTimeout(timer);
        resolve(idle.delete(done) && !refused);
      };
      const timer = setTimeout(() => {
        idle.delete(done);
        resolve(false);
      }, timeout);
      idle.add(done);
    });
  }

  function leave() {
    if (limited || stopped) return;
    // All stays queued: the page may come back from the back/forward cache, and the server knows ids it has had.
    const left = queue.slice(busy && !failures ? 1 : 0);
    if (discarded.size) left.push(bodyWith());
    for (const body of left) post(body).catch(() => {});
  }

  return { send, discard, flush, leave };
}

/**
 * How long the collector wants no more errors: `Retry-After`, or Sentry's limits, which also come with a 200.
 * @param {Response} response
 * @returns {number} seconds
 */
export function pauseOf({ status, headers }) {
  const limits = (headers.get('X-Sentry-Rate-Limits') ?? '')
    .split(',')
    .filter(Boolean)
    .map((limit) => limit.split(':'));
  const own = limits.filter(([, categories = '']) => !categories || /\b(error|default)\b/.test(categories));
  const longest = Math.max(0, ...own.map(([seconds]) => +seconds || 0));
  if (longest || status !== 429) return longest;
  return secondsOf(headers.get('Retry-After')) || DEFAULT_PAUSE;
}

/** @param {string | null} retryAfter seconds, or a date */
function secondsOf(retryAfter) {
  const seconds = retryAfter === null ? NaN : +retryAfter;
  return Math.max(0, Number.isNaN(seconds) ? (Date.parse(retryAfter ?? '') - Date.now()) / 1000 || 0 : seconds);
}
