/** Stack strings of Chromium, Firefox and WebKit, as frames. */

import { stripUrl } from './url.js';

/**
 * @typedef {object} Frame
 * @property {string} filename URL without query, or `<anonymous>`
 * @property {string} function `?` where the engine gives no name
 * @property {number} [lineno] from 1
 * @property {number} [colno] from 1
 * @property {boolean} in_app false for native code, browser extensions, node_modules and this SDK
 */

const MAX_FRAMES = 50;
// at fn (url:1:2) | at async Type.fn [as alias] (url:1:2) | at url:1:2 | at JSON.parse (<anonymous>)
const CHROMIUM = /^\s*at (?:async )?(?:(.*?)(?: \[as .+\])? \((.*)\)|(.*))$/;
// fn@url:1:2 | @url:1:2 | eval@[native code]; a URL may hold an @ of its own, so the first one parts
const GECKO = /^([^@]*)@(.*)$/;
const POSITION = /^(.*?):(\d+)(?::(\d+))?$/;
const NOT_THE_APP = /^<|^\[|-extension:|\/node_modules\/|\/farside-[\d.]+\.min\.js$/;

/**
 * @param {string | undefined} stack `error.stack`
 * @param {string} [message] `error.message`: Chromium repeats it before the frames, and its lines may look like frames
 * @returns {Frame[]} oldest call first, the 50 nearest to the error
 */
export function parseStack(stack, message = '') {
  const frames = [];
  for (const line of withoutHeader(String(stack ?? ''), message).split('\n')) {
    const frame = parseLine(line);
    if (frame) frames.push(frame);
    if (frames.length === MAX_FRAMES) break;
  }
  return frames.reverse();
}

/**
 * @param {string} filename
 * @param {string | undefined} name
 * @param {number} [lineno]
 * @param {number} [colno]
 * @returns {Frame}
 */
export function makeFrame(filename, name, lineno, colno) {
  const known = /^[\w-]+:/.test(filename);
  const url = known ? stripUrl(filename) : filename || '<anonymous>';
  return { filename: url, function: name || '?', lineno, colno, in_app: !NOT_THE_APP.test(url) };
}

/**
 * @param {string} stack
 * @param {string} message
 */
function withoutHeader(stack, message) {
  const start = message ? stack.indexOf(message) : -1;
  const isHeader = start > 0 && /^[^\n@]*: $/.test(stack.slice(0, start));
  return isHeader ? stack.slice(start + message.length) : stack;
}

/** @param {string} line */
function parseLine(line) {
  const chromium = CHROMIUM.exec(line);
  if (chromium) return located(chromium[1], evalOrigin(chromium[2] ?? chromium[3]));
  const gecko = GECKO.exec(line);
  return gecko && located(gecko[1], gecko[2].replace(/ line (\d+) > .*$/, ':$1'));
}

/**
 * Code made by eval has no file to look at: the place that called eval has.
 * @param {string} place
 */
function evalOrigin(place) {
  return place.startsWith('eval at ') ? (/\(([^()]*:\d+:\d+)\)/.exec(place)?.[1] ?? place) : place;
}

/**
 * @param {string | undefined} name
 * @param {string} place
 */
function located(name, place) {
  const position = POSITION.exec(place);
  if (position) return makeFrame(position[1], name, +position[2], position[3] ? +position[3] : undefined);
  return name ? makeFrame(place.startsWith('[') ? place : '<anonymous>', name) : undefined;
}
