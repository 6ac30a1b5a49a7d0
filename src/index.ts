/** Worker entry: fetch, queue and scheduled, and the Durable Object classes. */
import { createApp } from './app.ts'
import { configOf } from './config.ts'
import { createDeps, type Deps } from './deps.ts'
import { systemClock } from './lib/clock.ts'
import { newId } from './lib/ids.ts'
import { consumeOutbox } from './mail/consumer.ts'
import { consumeDeadLetters } from './mail/dead-letters.ts'
import { runScheduled } from './scheduled/run.ts'

export { AccountGuard } from './durable-objects/account-guard.ts'
export { RateLimiter } from './durable-objects/rate-limiter.ts'

const app = createApp()

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  async queue(batch, env, ctx) {
    const deps = backgroundDeps(env, ctx)
    await (batch.queue.endsWith('-dead')
      ? consumeDeadLetters(batch, deps)
      : consumeOutbox(batch, deps))
  },
  async scheduled(_controller, env, ctx) {
    await runScheduled(backgroundDeps(env, ctx))
  },
} satisfies ExportedHandler<Env>

function backgroundDeps(env: Env, ctx: ExecutionContext): Deps {
  return createDeps(env, configOf(env), {
    requestId: newId(systemClock()),
    waitUntil: (promise) => ctx.waitUntil(promise),
  })
}
