/** Builds the npm package (`dist/`) and the browser bundle that the server ships (`monitor/static/monitor/sdk/`). */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { SDK } from '../src/envelope.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
export const STATIC = join(ROOT, '../monitor/static/monitor/sdk');
const DIST = join(ROOT, 'dist');

const COMMON = { absWorkingDir: ROOT, entryPoints: ['src/index.js'], bundle: true, sourcemap: true, write: false };

/**
 * The files of the browser bundle; paths inside the map do not depend on where they are written.
 * @returns {Promise<Record<string, Buffer>>} file name -> contents
 */
export async function browserFiles() {
  const file = `farside-${SDK.version}.min.js`;
  const { outputFiles } = await build({
    ...COMMON,
    format: 'iife',
    globalName: 'Farside',
    target: 'es2020',
    minify: true,
    outfile: join(STATIC, file),
  });
  const files = Object.fromEntries(outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]));
  const integrity = `sha384-${createHash('sha384').update(files[file]).digest('base64')}`;
  const manifest = { version: SDK.version, file, integrity, gzip_bytes: gzipSync(files[file], { level: 9 }).length };
  return { ...files, 'manifest.json': Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`) };
}

/** @returns {Promise<Record<string, Buffer>>} the module of the npm package, readable */
async function packageFiles() {
  const { outputFiles } = await build({ ...COMMON, format: 'esm', target: 'es2022', outfile: join(DIST, 'index.mjs') });
  return Object.fromEntries(outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]));
}

/**
 * @param {string} folder
 * @param {Record<string, Buffer>} files
 */
function write(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, contents] of Object.entries(files)) writeFileSync(join(folder, name), contents);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  write(STATIC, await browserFiles());
  write(DIST, await packageFiles());
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '--declaration', '--emitDeclarationOnly', '--outDir', DIST], {
    cwd: ROOT,
    stdio: 'inherit',
  });
}
