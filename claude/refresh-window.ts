/** When the CLI refreshes an access token. */

/**
 * The CLI refreshes an access token that ends within this time, in milliseconds. It does so before an inference, and also
 * for `claude doctor`, `claude mcp list` and (2.1.330, not 2.1.197) `claude auth status`. Measured with 2.1.197 and 2.1.330
 * as 300 seconds. test/full/refresh-window.test.ts measures each pinned version again.
 */
export const REFRESH_WINDOW_MS = 300_000;
