/** Debug IDs that build tools left in the page, matched to the files of a stack. */

import { parseStack } from './stack.js';

/** @typedef {{type: 'sourcemap', code_file: string, debug_id: string}} DebugImage */

/** @type {Map<string, string | undefined>} stack string -> file; each stack is parsed once */
const files = new Map();

/**
 * @param {import('./stack.js').Frame[]} frames
 * @returns {DebugImage[]} one per file of `frames` that has a debug ID
 */
export function debugImages(frames) {
  const wanted = new Set(frames.map((frame) => frame.filename));
  /** @type {Map<string, DebugImage>} */
  const images = new Map();
  const { _sentryDebugIds, _farsideDebugIds } = /** @type {Record<string, any>} */ (globalThis);
  for (const [stack, debugId] of Object.entries({ ..._sentryDebugIds, ..._farsideDebugIds })) {
    const file = fileOf(stack);
    if (file && wanted.has(file)) images.set(file, { type: 'sourcemap', code_file: file, debug_id: String(debugId) });
  }
  return [...images.values()];
}

/** @param {string} stack of an error made at the top of the file */
function fileOf(stack) {
  if (!files.has(stack)) files.set(stack, parseStack(stack).pop()?.filename);
  return files.get(stack);
}
