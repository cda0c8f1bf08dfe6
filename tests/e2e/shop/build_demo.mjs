/**
 * Builds the demo shop that Farside serves into monitor/demo/: public/ for visitors, maps/ and release.json for Farside
 * alone.
 * With --check it writes nothing and fails unless the committed files are byte for byte the same.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { injectDebugId } from './debug_id.mjs';

const DEMO = fileURLToPath(new URL('../../../monitor/demo/', import.meta.url));
const shop = JSON.parse(String(readFileSync(new URL('package.json', import.meta.url))));

/** @returns {Promise<Map<string, Buffer>>} path below monitor/demo/ -> contents */
async function demoFiles() {
  // The demo has one form, whatever the environment says.
  for (const name of Object.keys(process.env)) if (name.startsWith('VITE_')) delete process.env[name];
  const configFile = fileURLToPath(new URL('vite.config.mjs', import.meta.url));
  const { output } = await build({ configFile, mode: 'demo', logLevel: 'warn', build: { write: false } });
  const built = new Map(output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source]));
  const files = new Map();
  for (const [name, content] of built) {
    if (name.endsWith('.map')) continue;
    const map = built.get(`${name}.map`);
    const injected = map ? injectDebugId(content, map) : { code: content };
    files.set(`public/${name}`, Buffer.from(injected.code));
    if (map) files.set(`maps/${name}.map`, Buffer.from(injected.map));
  }
  files.set('release.json', Buffer.from(`${JSON.stringify({ release: `${shop.name}@${shop.version}` })}\n`));
  return files;
}

/** @returns {Map<string, Buffer>} as `demoFiles`, from disk */
function committedFiles() {
  const files = new Map();
  for (const entry of readdirSync(DEMO, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path.slice(DEMO.length), readFileSync(path));
  }
  return files;
}

function check(fresh, committed) {
  const names = new Set([...fresh.keys(), ...committed.keys()]);
  const stale = [...names].filter((name) => !fresh.has(name) || !committed.get(name)?.equals(fresh.get(name)));
  for (const name of stale) console.error(`monitor/demo/${name} differs from a fresh build: run "npm run build:demo"`);
  if (stale.length) process.exit(1);
  console.log('The committed demo equals a fresh build.');
}

function write(files) {
  rmSync(DEMO, { recursive: true, force: true });
  for (const [name, content] of files) {
    mkdirSync(dirname(join(DEMO, name)), { recursive: true });
    writeFileSync(join(DEMO, name), content);
  }
}

const files = await demoFiles();
if (process.argv.includes('--check')) check(files, committedFiles());
else write(files);
