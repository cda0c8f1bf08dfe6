/** The one client of a page: settings, what is known about the user, and the way from a thrown value to an envelope. */

import { createTrail, watchPage } from './breadcrumbs.js';
import { collectorUrl } from './envelope.js';
import { makeEvent, randomId } from './event.js';
import { exceptionsOf } from './exception.js';
import { watchErrors } from './globals.js';
import { guard } from './guard.js';
import { parseStack } from './stack.js';
import { createTransport } from './transport.js';

/**
 * @typedef {object} Options
 * @property {string} [dsn] where to report to: `https://KEY@HOST/PROJECT_ID`; without it the SDK does nothing
 * @property {string} [release] name of the deployed version, as its source maps were uploaded under
 * @property {string} [environment]
 * @property {BeforeSend} [beforeSend] may change an event, or drop it by returning null
 * @property {number} [maxBreadcrumbs] steps kept before an error; 0 leaves the page unwatched
 */
/**
 * @callback BeforeSend
 * @param {import('./event.js').Event} event
 * @param {{originalException: unknown}} hint what was thrown, or passed to `captureException`
 * @returns {import('./event.js').Event | null}
 */

/** Every option with its default. */
export const DEFAULTS = {
  dsn: '',
  release: undefined,
  environment: 'production',
  beforeSend: undefined,
  maxBreadcrumbs: 50,
};

const SAME_ERROR_PAUSE = 2_000; // ms in which an error equal to the last one is counted, not sent

/** @type {Required<Pick<Options, 'dsn' | 'maxBreadcrumbs'>> & Options} */
let settings = DEFAULTS;
/** @type {import('./transport.js').Transport | undefined} */
let transport;
let trail = createTrail(0);
let last = { thrown: /** @type {unknown} */ (undefined), key: '', time: 0 };
/** @type {import('./event.js').Scope} */
const scope = { tags: {}, contexts: {} };
const unwatchedFetch = globalThis.fetch?.bind(globalThis);
const watched = { errors: false, page: false };

/**
 * Start reporting. Called again, it changes the settings; the page stays instrumented once.
 * A DSN that cannot be right is told on the console, and nothing is reported.
 * @param {Options} options
 */
export function init(options) {
  guard(() => {
    settings = { ...DEFAULTS, ...options };
    transport = settings.dsn ? createTransport(collectorUrl(settings.dsn), unwatchedFetch) : undefined;
    if (!transport) return;
    trail = createTrail(settings.maxBreadcrumbs);
    scope.contexts.farside ??= { session_id: randomId() };
    watch();
  });
}

function watch() {
  if (!watched.errors) {
    watched.errors = true;
    watchErrors((exceptions, thrown) => capture(() => ({ exception: { values: exceptions() } }), {}, thrown));
    addEventListener('pagehide', () => guard(() => transport?.leave()));
  }
  if (!watched.page && settings.maxBreadcrumbs > 0) {
    watched.page = true;
    watchPage((breadcrumb) => trail.add(breadcrumb));
  }
}

/**
 * Report something that was caught.
 * @param {unknown} error best an Error; any value will do
 * @param {import('./event.js').Details} [details] for this event only
 * @returns {string | undefined} the event's id; undefined if it was not sent
 */
export function captureException(error, details = {}) {
  const here = new Error().stack;
  return capture(
    () => {
      const callers = parseStack(here).slice(0, -1); // the newest frame is this function
      return { exception: { values: exceptionsOf(error, { type: 'generic', handled: true }, callers) } };
    },
    details,
    error,
  );
}

/**
 * Report a sentence.
 * @param {string} message
 * @param {import('./event.js').Level} [level]
 * @returns {string | undefined} the event's id; undefined if it was not sent
 */
export function captureMessage(message, level = 'info') {
  return capture(() => ({ message: String(message) }), { level }, message);
}

/**
 * Leave a step to be sent along with a later error.
 * @param {import('./breadcrumbs.js').Breadcrumb} breadcrumb
 */
export function addBreadcrumb(breadcrumb) {
  guard(() => trail.add(breadcrumb));
}

/**
 * @param {{id?: string, email?: string, username?: string} | null} user null forgets the last one
 */
export function setUser(user) {
  scope.user = user ?? undefined;
}

/**
 * @param {string} key
 * @param {string} value
 */
export function setTag(key, value) {
  scope.tags[key] = value;
}

/** @param {Record<string, string>} tags added to those already set */
export function setTags(tags) {
  Object.assign(scope.tags, tags);
}

/**
 * @param {string} name
 * @param {object | null} context null removes it
 */
export function setContext(name, context) {
  if (context) scope.contexts[name] = context;
  else delete scope.contexts[name];
}

/**
 * Wait until everything captured so far has reached the server.
 * @param {number} [timeout] ms
 * @returns {Promise<boolean>} false if it has not by then, was refused, or if the SDK was not started
 */
export async function flush(timeout = 2_000) {
  return transport ? transport.flush(timeout) : false;
}

/**
 * Build the event, leave it out if it repeats the last one, ask `beforeSend`, send it.
 * @param {() => Partial<import('./event.js').Event>} content
 * @param {import('./event.js').Details} details
 * @param {unknown} thrown
 */
function capture(content, details, thrown) {
  return (
    guard(() => {
      if (!transport) return undefined;
      const { release, environment } = settings;
      const event = makeEvent({ release, environment, breadcrumbs: trail.list(), ...content() }, scope, details);
      if (repeatsLast(event, thrown)) return transport.discard('duplicate');
      const approved = approve(event, thrown);
      if (!approved) return transport.discard('before_send');
      transport.send(approved);
      return event.event_id;
    }) ?? undefined
  );
}

/**
 * The same error object, caught, reported and thrown on; or an equal one at once, as from a loop.
 * @param {import('./event.js').Event} event
 * @param {unknown} thrown
 */
function repeatsLast({ exception, message, level }, thrown) {
  const key = JSON.stringify([exception, message, level]);
  const { time } = last;
  const sameObject = Object(thrown) === thrown && thrown === last.thrown;
  const repeated = sameObject || (key === last.key && Date.now() - time < SAME_ERROR_PAUSE);
  if (!repeated) last = { thrown, key, time: Date.now() };
  return repeated;
}

/**
 * @param {import('./event.js').Event} event
 * @param {unknown} originalException
 * @returns {import('./event.js').Event | null}
 */
function approve(event, originalException) {
  if (!settings.beforeSend) return event;
  try {
    return settings.beforeSend(event, { originalException });
  } catch (error) {
    // It may be what takes secrets out: without it, nothing leaves.
    console.error('[farside] beforeSend failed, the event was not sent:', error);
    return null;
  }
}
