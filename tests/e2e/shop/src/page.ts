/** The page: what it shows of catalog, cart and reports. */

import type { Cart } from './cart/cart';
import { type Bundle, findProduct, type Product } from './catalog';

const MONEY = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' });

/** @throws Error if the page has no such element */
export function element<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`The page has no ${selector}`);
  return found;
}

export function showProducts(products: Product[], onAdd: (id: string) => void): void {
  const template = element<HTMLTemplateElement>('#product');
  for (const { id, name, price } of products) {
    const card = template.content.cloneNode(true) as DocumentFragment;
    element('use', card).setAttribute('href', `#${id}`);
    element('h3', card).textContent = name;
    element('.price', card).textContent = money(price.cents);
    element('button', card).addEventListener('click', () => onAdd(id));
    element('#products').append(card);
  }
}

export function showBundle({ name, productIds }: Bundle): void {
  element('#bundle-name').textContent = name;
  element('#bundle-parts').textContent = productIds.map((id) => findProduct(id)?.name ?? 'Thermos').join(', ');
}

export function showCart({ lines, totalCents }: Cart): void {
  const items = lines.map(({ product, count }) => {
    const item = document.createElement('li');
    item.append(
      `${count} × ${product.name}`,
      Object.assign(document.createElement('span'), { textContent: money(product.price.cents * count) }),
    );
    return item;
  });
  const empty = Object.assign(document.createElement('li'), { textContent: 'Nothing in it yet', className: 'empty' });
  element('#lines').replaceChildren(...(items.length ? items : [empty]));
  element('#total').textContent = money(totalCents);
}

/** `issues`: where the team reads what the shop reported. */
export function showReport(delivered: boolean, issues: string): void {
  const report = element('#report');
  const link = Object.assign(document.createElement('a'), { href: issues, textContent: 'See it in Farside' });
  report.replaceChildren(
    ...(delivered ? ['The error was reported. ', link] : ['An error happened, but Farside could not be reached.']),
  );
  report.classList.toggle('failed', !delivered);
  report.hidden = false;
}

function money(cents: number): string {
  return MONEY.format(cents / 100);
}
