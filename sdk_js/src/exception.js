/** Thrown values, with what caused them, as the protocol's exceptions. */

import { describe, isError } from './describe.js';
import { parseStack } from './stack.js';

/**
 * @typedef {object} Mechanism
 * @property {string} type `generic`, `onerror`, `onunhandledrejection`, or `chained`
 * @property {boolean} handled false if the page did not catch it
 * @property {string} [source] where in its parent: `cause`, `errors[0]`
 * @property {number} [exception_id]
 * @property {number} [parent_id]
 * @property {boolean} [is_exception_group]
 */
/**
 * @typedef {object} Exception
 * @property {string} type
 * @property {string} value
 * @property {{frames: import('./stack.js').Frame[]}} [stacktrace]
 * @property {Mechanism} mechanism
 */

const MAX_LINKED = 10;

/**
 * @param {unknown} thrown anything: `throw` takes strings and objects too
 * @param {Mechanism} mechanism
 * @param {import('./stack.js').Frame[]} [fallback] frames for a value without a stack
 * @returns {Exception[]} the oldest cause first, `thrown` last
 */
export function exceptionsOf(thrown, mechanism, fallback = []) {
  /** @type {Exception[]} */
  const found = [];
  const seen = new Set();

  /**
   * @param {unknown} value
   * @param {Partial<Mechanism>} place
   */
  function visit(value, place) {
    if (seen.has(value) || found.length === MAX_LINKED) return;
    seen.add(value);
    const id = found.length;
    const links = linksOf(value);
    const linked = links.length || id ? { ...place, exception_id: id } : {};
    found.push(exceptionOf(value, { ...mechanism, ...linked }, id ? [] : fallback));
    for (const [source, child] of links) visit(child, { type: 'chained', source, parent_id: id });
    if (Array.isArray(Object(value).errors)) found[id].mechanism.is_exception_group = true;
  }

  visit(thrown, {});
  return found.reverse();
}

/**
 * @param {unknown} value
 * @returns {[source: string, child: unknown][]}
 */
function linksOf(value) {
  if (!isError(value)) return [];
  const { cause, errors } = /** @type {AggregateError} */ (value);
  /** @type {[string, unknown][]} */
  const links = Array.isArray(errors) ? errors.map((error, index) => [`errors[${index}]`, error]) : [];
  return cause == null ? links : [['cause', cause], ...links];
}

/**
 * @param {unknown} value
 * @param {Mechanism} mechanism
 * @param {import('./stack.js').Frame[]} fallback
 * @returns {Exception}
 */
function exceptionOf(value, mechanism, fallback) {
  const error = isError(value) ? value : undefined;
  const own = parseStack(error?.stack, error?.message);
  const frames = own.length ? own : fallback;
  return {
    type: error ? error.name || 'Error' : typeOf(mechanism),
    value: error ? String(error.message) : describe(value),
    ...(frames.length && { stacktrace: { frames } }),
    mechanism,
  };
}

/** @param {Mechanism} mechanism */
function typeOf(mechanism) {
  return mechanism.type === 'onunhandledrejection' ? 'UnhandledRejection' : 'Error';
}
