/** URLs as they may leave the page. */

/**
 * A URL without query, fragment and credentials; of `data:` and `blob:` the scheme only.
 * @param {string | URL} url absolute, or relative to the page
 * @returns {string}
 */
export function stripUrl(url) {
  const { protocol, host, pathname } = new URL(url, globalThis.location?.href);
  return host || protocol === 'file:' ? `${protocol}//${host}${pathname}` : protocol;
}
