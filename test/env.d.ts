declare namespace Cloudflare {
  interface Env {
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[]
    /** Base URL of the local mail provider server that `test/provider-server.ts` starts. */
    TEST_PROVIDER_URL: string
  }
}
