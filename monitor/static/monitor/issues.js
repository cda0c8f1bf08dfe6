/** The issue list: ticking, keys, and a live refresh that never takes ticks away. */
'use strict';

const list = () => document.getElementById('issues');
const rows = () => [...list().querySelectorAll('tr[data-number]')];
const ticks = () => [...list().querySelectorAll('input[name=number]')];
let current = null;

function showTicks() {
  const count = ticks().filter((box) => box.checked).length;
  const bulk = list().querySelector('.bulk');
  if (!bulk) return;
  bulk.hidden = count === 0;
  bulk.querySelector('[data-count]').textContent = String(count);
}

function showCurrent() {
  for (const row of rows()) row.classList.toggle('current', row.dataset.number === current);
}

function move(by) {
  const all = rows();
  const index = all.findIndex((row) => row.dataset.number === current);
  const next = all[index < 0 ? 0 : Math.min(Math.max(index + by, 0), all.length - 1)];
  if (!next) return;
  current = next.dataset.number;
  showCurrent();
  next.scrollIntoView({ block: 'nearest' });
}

const currentRow = () => rows().find((row) => row.dataset.number === current);

function tick() {
  const box = currentRow()?.querySelector('input[name=number]');
  if (!box) return;
  box.checked = !box.checked;
  showTicks();
}

function change(how) {
  const button = list().querySelector(`.bulk button[value=${how}]`);
  if (!button) return;
  if (!ticks().some((box) => box.checked)) tick();
  if (ticks().some((box) => box.checked)) list().requestSubmit(button);
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  x: tick,
  e: () => change('resolve'),
  i: () => change('ignore'),
  Enter: () => currentRow()?.querySelector('a').click(),
  '/': () => document.getElementById('query').focus(),
  '?': () => document.getElementById('keys').showModal(),
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (event.target.closest('input:not([type=checkbox]), select, textarea, a, button') || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

document.addEventListener('change', (event) => {
  if (event.target.matches('[data-all]')) for (const box of ticks()) box.checked = event.target.checked;
  if (event.target.matches('[data-all], input[name=number]')) showTicks();
});

document.addEventListener('htmx:beforeRequest', (event) => {
  if (event.target.id === 'issues' && ticks().some((box) => box.checked)) event.preventDefault();
});
document.addEventListener('htmx:afterSettle', showCurrent);
