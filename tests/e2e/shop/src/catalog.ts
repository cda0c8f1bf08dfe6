/** What the shop sells. */

export interface Product {
  id: string;
  name: string;
  price: { cents: number };
}

export interface Bundle {
  name: string;
  productIds: string[];
}

export const PRODUCTS: Product[] = [
  { id: 'lantern', name: 'Field lantern', price: { cents: 4900 } },
  { id: 'mug', name: 'Enamel mug', price: { cents: 1450 } },
  { id: 'blanket', name: 'Wool blanket', price: { cents: 8900 } },
  { id: 'map', name: 'Star map', price: { cents: 1900 } },
];

/** The bug begins here: the thermos left the catalog, the bundle still names it. */
export const BUNDLE: Bundle = { name: 'Night camp bundle', productIds: ['lantern', 'blanket', 'thermos'] };

export function findProduct(id: string): Product {
  return PRODUCTS.find((product) => product.id === id) as Product;
}
