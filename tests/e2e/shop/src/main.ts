/** The shop: connects page, catalog and cart, once monitoring runs. */

import { addBundle, addProduct, type Cart, emptyCart } from './cart/cart';
import { BUNDLE, PRODUCTS } from './catalog';
import { checkHealth } from './health';
import { startMonitoring } from './monitoring';
import { element, showBundle, showCart, showProducts, showReport } from './page';
import { useVoucher } from './voucher';

let cart: Cart = emptyCart();

function update(changed: Cart): void {
  cart = changed;
  showCart(cart);
}

function onBundle(): void {
  update(addBundle(cart, BUNDLE));
}

async function onVoucher(): Promise<void> {
  const cents = await useVoucher('NIGHT');
  update({ ...cart, totalCents: cart.totalCents - cents });
}

async function open(): Promise<void> {
  await startMonitoring(showReport);
  showProducts(PRODUCTS, (id) => update(addProduct(cart, id)));
  showBundle(BUNDLE);
  showCart(cart);
  element('#broken').addEventListener('click', onBundle);
  element('#voucher').addEventListener('click', onVoucher);
  document.documentElement.dataset.ready = '';
  element('#health').textContent = await checkHealth();
}

void open();
