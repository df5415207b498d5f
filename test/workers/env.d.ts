/** What the test environment has beside the Worker's own bindings. */
declare namespace Cloudflare {
  interface Env {
    /** Read on the Node side by vitest.config.ts, applied by apply-migrations.ts. */
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[]
    /** Three a minute. */
    SMALL_RATE_LIMIT: RateLimit
  }
}
