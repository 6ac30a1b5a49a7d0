/** What hono-openapi uses of `zod/v4/core`; aliased in wrangler.toml and vitest.config.ts so that the rest stays out of the bundle. */
export { toJSONSchema } from 'zod'
