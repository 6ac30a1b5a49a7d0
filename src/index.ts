/**
 * Worker entry: fetch, queue and scheduled, and the Durable Object classes. Each kind of event loads what it needs when
 * the first of its kind arrives, so that an isolate starts with next to no work (`npx wrangler check startup`).
 */
export { AccountGuard } from './durable-objects/account-guard.ts'
export { RateLimiter } from './durable-objects/rate-limiter.ts'

export default {
  async fetch(request, env, ctx) {
    const { app } = await import('./serve.ts')
    return app.fetch(request, env, ctx)
  },
  async queue(batch, env, ctx) {
    const { consumeBatch } = await import('./background.ts')
    await consumeBatch(batch, env, ctx)
  },
  async scheduled(_controller, env, ctx) {
    const { runCron } = await import('./background.ts')
    await runCron(env, ctx)
  },
} satisfies ExportedHandler<Env>
