/** Any value, as one short line that a person can read. */

const MAX_LENGTH = 500;
const MAX_KEYS = 10;

/**
 * @param {unknown} value
 * @returns {value is Error} also for errors of other realms (frames) and DOMException
 */
export function isError(value) {
  return value instanceof Error || /Error|Exception/.test(Object.prototype.toString.call(value));
}

/**
 * Objects are shown one level deep: enough to recognise, too little to carry a whole store or form along.
 * @param {unknown} value
 * @returns {string} at most 500 characters
 */
export function describe(value) {
  let text;
  try {
    text = isShallow(value) ? String(value) : describeObject(/** @type {object} */ (value));
  } catch {
    text = Object.prototype.toString.call(value); // a throwing getter, toString or proxy
  }
  return text.slice(0, MAX_LENGTH);
}

/** @param {unknown} value */
function isShallow(value) {
  return !value || typeof value !== 'object' || isError(value);
}

/** @param {object} object */
function describeObject(object) {
  const name = object.constructor?.name || 'Object';
  if (name.endsWith('Event') && 'type' in object) return `${name} "${object.type}"`;
  const parts = [];
  for (const key in object) {
    if (parts.length === MAX_KEYS) {
      parts.push('…');
      break;
    }
    if (Object.hasOwn(object, key)) parts.push(`${key}: ${describeProperty(Reflect.get(object, key))}`);
  }
  return `${name} {${parts.join(', ')}}`;
}

/** @param {unknown} value */
function describeProperty(value) {
  if (typeof value === 'string') return JSON.stringify(value);
  return isShallow(value) ? String(value) : /** @type {object} */ (value).constructor?.name || 'Object';
}
