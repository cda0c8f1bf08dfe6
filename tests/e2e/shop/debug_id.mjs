/** Gives a built file and its source map the same debug ID, so that no name or release is needed to pair them. */

import { createHash } from 'node:crypto';

/**
 * @param {string} code
 * @param {string} map JSON of the source map of `code`
 * @returns {{code: string, map: string}} the file with one line more at its top, and the map moved down by it
 */
export function injectDebugId(code, map) {
  const id = uuidOf(code);
  const snippet = `try{(globalThis._sentryDebugIds??={})[new Error().stack]="${id}"}catch{}`;
  const content = JSON.parse(map);
  const { mappings } = content;
  return {
    code: `${snippet}\n${code.trimEnd()}\n//# debugId=${id}\n`,
    map: JSON.stringify({ ...content, mappings: `;${mappings}`, debugId: id }),
  };
}

/** A UUID that is always the same for the same content. */
function uuidOf(content) {
  const hex = createHash('sha256').update(content).digest('hex');
  const variant = '89ab'[parseInt(hex[16], 16) % 4];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}
