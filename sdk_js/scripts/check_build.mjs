/** Fails unless the committed browser bundle is byte for byte what the sources build to. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { browserFiles, STATIC } from './build.mjs';

const stale = Object.entries(await browserFiles()).filter(([name, contents]) => {
  const committed = join(STATIC, name);
  return !existsSync(committed) || !readFileSync(committed).equals(contents);
});
for (const [name] of stale) console.error(`${join(STATIC, name)} differs from a fresh build: run "npm run build"`);
if (stale.length) process.exit(1);
console.log('The committed bundle equals a fresh build.');
