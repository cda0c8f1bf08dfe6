/** The public API of `@farside/browser`; nothing is defined here. */

export {
  addBreadcrumb,
  captureException,
  captureMessage,
  DEFAULTS,
  flush,
  init,
  setContext,
  setTag,
  setTags,
  setUser,
} from './client.js';
export { SDK } from './envelope.js';
