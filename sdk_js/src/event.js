/** One event: what happened, with everything known around it. */

import { debugImages } from './debugids.js';
import { SDK } from './envelope.js';
import { stripUrl } from './url.js';

/** @typedef {'fatal' | 'error' | 'warning' | 'info' | 'debug'} Level */
/** @typedef {Record<string, string>} Tags */
/** @typedef {Record<string, object>} Contexts */
/** @typedef {{user?: object, tags: Tags, contexts: Contexts}} Scope what is added to every event */
/** @typedef {{level?: Level, tags?: Tags, contexts?: Contexts, fingerprint?: string[]}} Details what is added to one */
/**
 * @typedef {object} Event
 * @property {string} event_id 32 hex digits
 * @property {number} timestamp seconds since 1970
 * @property {'javascript'} platform
 * @property {Level} level
 * @property {string} [release]
 * @property {string} [environment]
 * @property {string} [message]
 * @property {{values: import('./exception.js').Exception[]}} [exception]
 * @property {{images: import('./debugids.js').DebugImage[]}} [debug_meta]
 * @property {import('./breadcrumbs.js').Breadcrumb[]} [breadcrumbs] oldest first
 * @property {{url: string, headers: Record<string, string>}} request
 * @property {Contexts} contexts
 * @property {Tags} tags
 * @property {object} [user]
 * @property {string[]} [fingerprint]
 * @property {{name: string, version: string}} sdk
 */

/**
 * @param {Partial<Event>} content
 * @param {Scope} scope
 * @param {Details} details
 * @returns {Event}
 */
export function makeEvent(content, scope, { tags, contexts, ...rest }) {
  const images = debugImages((content.exception?.values ?? []).flatMap((value) => value.stacktrace?.frames ?? []));
  return {
    event_id: randomId(),
    timestamp: Date.now() / 1000,
    platform: 'javascript',
    level: 'error',
    ...content,
    ...(images.length && { debug_meta: { images } }),
    request: { url: stripUrl(location.href), headers: { 'User-Agent': navigator.userAgent } },
    contexts: { ...scope.contexts, ...contexts },
    tags: { ...scope.tags, ...tags },
    user: scope.user,
    sdk: SDK,
    ...rest,
  };
}

/** @returns {string} 32 hex digits */
export function randomId() {
  // Not crypto.randomUUID: plain http pages lack it.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
