/** Functions of the page, watched. */

/**
 * A proxy keeps `this`, `length`, `name` and own properties, and `toString` still shows a native function.
 * @param {any} owner
 * @param {string} name of a method of `owner`; nothing happens where there is none
 * @param {(call: () => any, self: any, args: any[]) => any} around gets the original call and decides on the result
 */
export function wrap(owner, name, around) {
  const original = owner?.[name];
  if (typeof original !== 'function') return;
  owner[name] = new Proxy(original, {
    apply: (target, self, args) => around(() => Reflect.apply(target, self, args), self, args),
  });
}
