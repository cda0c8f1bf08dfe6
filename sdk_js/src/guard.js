/** Keeps the SDK's own mistakes away from the page, and the SDK away from itself. */

let busy = false;

/**
 * Run `work`; an error in it goes to the console, never to the page. Work started from inside other work
 * (a `beforeSend` that logs or captures) is not run: it would feed the SDK with its own doing.
 * @template T
 * @param {() => T} work
 * @returns {T | undefined} undefined if the work failed or was not run
 */
export function guard(work) {
  if (busy) return undefined;
  busy = true;
  try {
    return work();
  } catch (error) {
    console.error('[farside]', error);
    return undefined;
  } finally {
    busy = false;
  }
}
