/** Whether the shop's own server answers. */

export async function checkHealth(): Promise<string> {
  try {
    const response = await fetch(import.meta.env.VITE_HEALTH_URL);
    return response.ok ? 'The server answers' : `The server answers with HTTP ${response.status}`;
  } catch {
    return 'The server does not answer';
  }
}
