/** Envelopes: where they go, and what they look like on the wire. */

export const SDK = { name: 'farside.browser', version: '0.1.0' };

/** @typedef {{reason: string, category: string, quantity: number}} Discarded */

/**
 * The collector's address, with the key in its query: a header would cost every event a preflight.
 * @param {string} dsn
 * @returns {string}
 * @throws {TypeError} if the DSN has another form
 */
export function collectorUrl(dsn) {
  const parts = /^(https?:\/\/)(\w+)@([^/?#]+)(\/[^?#]*)?\/(\d+)\/?$/.exec(dsn);
  if (!parts) throw new TypeError(`dsn is "${dsn}", but must have the form https://KEY@HOST/PROJECT_ID`);
  const [, scheme, key, host, path = '', project] = parts;
  const client = encodeURIComponent(`${SDK.name}/${SDK.version}`);
  const query = `sentry_key=${key}&sentry_version=7&sentry_client=${client}`;
  return `${scheme}${host}${path}/api/${project}/envelope/?${query}`;
}

/**
 * @param {{event_id: string} | undefined} event
 * @param {Discarded[]} discarded what was not sent since the last envelope
 * @returns {string}
 */
export function serialize(event, discarded) {
  const lines = [{ event_id: event?.event_id, sent_at: new Date().toISOString(), sdk: SDK }, ...itemOf('event', event)];
  if (discarded.length) {
    lines.push(...itemOf('client_report', { timestamp: Date.now() / 1000, discarded_events: discarded }));
  }
  return lines.map((line) => JSON.stringify(line, tolerant())).join('\n');
}

/**
 * @param {string} type
 * @param {object | undefined} payload
 * @returns {object[]}
 */
function itemOf(type, payload) {
  return payload ? [{ type }, payload] : [];
}

/** A JSON replacer for what users put into contexts: cycles and BigInt must not cost the event. */
function tolerant() {
  /** @type {object[]} */
  const path = [];
  /**
   * @this {unknown}
   * @param {string} _key
   * @param {unknown} value
   */
  return function replace(_key, value) {
    if (typeof value === 'bigint') return String(value);
    if (!value || typeof value !== 'object') return value;
    while (path.length && path.at(-1) !== this) path.pop();
    if (path.includes(value)) return '[circular]';
    path.push(value);
    return value;
  };
}
