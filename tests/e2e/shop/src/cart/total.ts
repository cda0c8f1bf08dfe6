/** What the cart costs. */

import type { Line } from './cart';

const FREE_SHIPPING_FROM = 10_000;
const SHIPPING = 590;

/** In cents, shipping included. */
export function totalOf(lines: Line[]): number {
  const goods = sumOf(lines);
  return goods === 0 || goods >= FREE_SHIPPING_FROM ? goods : goods + SHIPPING;
}

function sumOf(lines: Line[]): number {
  let sum = 0;
  for (const line of lines) sum += amountOf(line);
  return sum;
}

function amountOf(line: Line): number {
  return line.product.price.cents * line.count;
}
