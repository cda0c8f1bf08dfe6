/** Errors nobody caught: `error` and `unhandledrejection` of the window. */

import { exceptionsOf } from './exception.js';
import { makeFrame } from './stack.js';

/** @typedef {(exceptions: () => import('./exception.js').Exception[], thrown: unknown) => void} Report */

/** @param {Report} report gets a function, so that reading a hostile value happens under its guard */
export function watchErrors(report) {
  addEventListener('error', (event) => {
    if (event instanceof ErrorEvent) report(() => fromErrorEvent(event), event.error);
  });
  addEventListener('unhandledrejection', ({ reason }) => {
    report(() => exceptionsOf(reason, { type: 'onunhandledrejection', handled: false }), reason);
  });
}

/** @param {ErrorEvent} event */
function fromErrorEvent({ error, message, filename, lineno, colno }) {
  const mechanism = { type: 'onerror', handled: false };
  const frames = filename ? [makeFrame(filename, undefined, lineno, colno)] : [];
  if (error != null) return exceptionsOf(error, mechanism, frames);
  // No error object: a script of another origin, a compile error, or a thrown null. The message holds what is known.
  const [, type = 'Error', value] =
    /^(?:uncaught (?:exception: )?)?(?:(\w*(?:Error|Exception)): )?(.*)/is.exec(message) ?? [];
  return [{ type, value: value ?? '', ...(frames.length && { stacktrace: { frames } }), mechanism }];
}
