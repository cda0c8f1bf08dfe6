/** Paths of elements, in a real Chromium. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useBrowser } from './browser.js';

const open = useBrowser();

/** @param {string} html @returns {Promise<string>} the path that a click on `.target` leaves */
async function pathOf(html) {
  const shop = await open();
  await shop.page.evaluate((content) => {
    document.body.innerHTML = content;
  }, html);
  await shop.page.evaluate(() => document.querySelector('.target').click());
  await shop.run('Farside.captureMessage("end")');
  const { breadcrumbs } = await shop.event();
  await shop.close();
  return breadcrumbs[0].message;
}

test('the path ends at the nearest id', async () => {
  assert.equal(await pathOf('<div><ul id=list><li><a class=target>x</a></ul></div>'), 'ul#list > li > a.target');
});

test('the path is at most five elements long', async () => {
  const path = await pathOf('<p><i><b><u><s><em><q class=target>x</q></em></s></u></b></i></p>');
  assert.equal(path, 'b > u > s > em > q.target');
});

test('attributes that name a control are shown, others are not', async () => {
  const path = await pathOf(
    '<input id=i class=target type=text name=street value=Secret title=Private aria-label=Mine>',
  );
  assert.equal(path, 'input#i.target[name="street"]');
});

test('long class names do not make a long path', async () => {
  const path = await pathOf(`<div class=${'x'.repeat(150)}><b class=target>x</b></div>`);
  assert.equal(path, 'b.target');
});
