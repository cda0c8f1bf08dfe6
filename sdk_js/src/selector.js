/** Elements, as short paths that a developer recognises. */

const MAX_DEPTH = 5;
const MAX_LENGTH = 120;
const TELLING = ['data-testid', 'name', 'role'];

/**
 * Tag, id, classes and telling attributes; never text or values, which may be the user's.
 * @param {Element | null} element
 * @returns {string} such as `form#order > input.wide[name="street"]`
 */
export function selectorOf(element) {
  let path = '';
  for (let depth = 0; element && depth < MAX_DEPTH; depth++) {
    const longer = path ? `${labelOf(element)} > ${path}` : labelOf(element);
    if (path && longer.length > MAX_LENGTH) break;
    path = longer;
    if (element.id) break; // an id is the start of the path: nothing above it adds to it
    element = element.parentElement;
  }
  return path;
}

/** @param {Element} element */
function labelOf(element) {
  const classes = [...element.classList].slice(0, 3).map((name) => `.${name}`);
  const attributes = TELLING.filter((name) => element.hasAttribute(name)).map(
    (name) => `[${name}="${element.getAttribute(name)}"]`,
  );
  return element.localName + (element.id && `#${element.id}`) + classes.join('') + attributes.join('');
}
