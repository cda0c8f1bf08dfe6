/** What is in the cart. */

import { type Bundle, findProduct, type Product } from '../catalog';
import { totalOf } from './total';

export interface Line {
  product: Product;
  count: number;
}

export interface Cart {
  lines: Line[];
  totalCents: number;
}

export function emptyCart(): Cart {
  return { lines: [], totalCents: 0 };
}

export function addProduct(cart: Cart, id: string): Cart {
  const known = cart.lines.find((line) => line.product.id === id);
  const lines = known
    ? cart.lines.map((line) => (line === known ? { ...line, count: line.count + 1 } : line))
    : [...cart.lines, { product: findProduct(id), count: 1 }];
  return { lines, totalCents: totalOf(lines) };
}

export function addBundle(cart: Cart, bundle: Bundle): Cart {
  const added = bundle.productIds.map((id) => ({ product: findProduct(id), count: 1 }));
  const lines = [...cart.lines, ...added];
  return { lines, totalCents: totalOf(lines) };
}
