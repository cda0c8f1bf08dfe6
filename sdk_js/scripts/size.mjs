/** Prints what the bundle weighs on the wire, and fails above its budget. */

import { gzipSync } from 'node:zlib';
import { browserFiles } from './build.mjs';

const BUDGETS = { 'farside-*.min.js': 6_000 }; // bytes, gzip level 9

const files = await browserFiles();
for (const [pattern, budget] of Object.entries(BUDGETS)) {
  const [start, end] = pattern.split('*');
  const name = Object.keys(files).find((file) => file.startsWith(start) && file.endsWith(end));
  const bytes = gzipSync(files[name], { level: 9 }).length;
  console.log(`${name}: ${files[name].length} bytes, ${bytes} gzip (budget ${budget})`);
  if (bytes > budget) process.exitCode = 1;
}
