/** Builds the shop as a production site: minified, with source maps that its files do not point to. */

import { fileURLToPath } from 'node:url';
import { defineConfig, loadEnv } from 'vite';

const FARSIDE = fileURLToPath(new URL('../../../sdk_js/src/index.js', import.meta.url));
const ROOT = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig(({ mode }) => {
  const { VITE_SDK } = loadEnv(mode, ROOT);
  const sdks = { farside: FARSIDE, sentry: '@sentry/browser' };
  if (!(VITE_SDK in sdks)) throw new Error(`VITE_SDK is "${VITE_SDK}", but must be "farside" or "sentry"`);
  return {
    root: ROOT,
    base: mode === 'demo' ? '/demo/' : '/',
    resolve: { alias: { 'shop-sdk': sdks[VITE_SDK] } },
    build: { sourcemap: 'hidden', target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  };
});
