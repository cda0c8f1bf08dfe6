/** Starts the SDK with what the server says, so that one build serves every release and environment. */

import * as sdk from 'shop-sdk';

interface Config {
  dsn: string;
  release?: string;
  environment?: string;
  /** Where the team reads what was reported. */
  issues?: string;
}

/**
 * @param onReported called after each error nobody caught: was it delivered, and where is it read?
 */
export async function startMonitoring(onReported: (delivered: boolean, issues: string) => void): Promise<void> {
  const config = await readConfig();
  sdk.init(config);
  const report = async () => onReported(await sdk.flush(5_000), config.issues ?? '/');
  // After init: the SDK's own listeners come first, and flush waits for what they captured.
  addEventListener('error', report);
  addEventListener('unhandledrejection', report);
}

async function readConfig(): Promise<Config> {
  const built = { dsn: import.meta.env.VITE_FARSIDE_DSN, release: import.meta.env.VITE_RELEASE };
  const response = await fetch(`${import.meta.env.BASE_URL}config.json`).catch(() => undefined);
  return response?.ok ? { ...built, ...(await response.json()) } : built;
}
