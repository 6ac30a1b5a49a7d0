/** What runs without a request: batches of the queues and the cron. */
import { configOf } from './config.ts'
import { createDeps, type Deps } from './deps.ts'
import { systemClock } from './lib/clock.ts'
import { newId } from './lib/ids.ts'
import { consumeOutbox } from './mail/consumer.ts'
import { consumeDeadLetters } from './mail/dead-letters.ts'
import { runScheduled } from './scheduled/run.ts'

export async function consumeBatch(
  batch: MessageBatch,
  env: Env,
  ctx: ExecutionContext,
): Promise<void> {
  const deps = depsOf(env, ctx)
  const consume = batch.queue.endsWith('-dead') ? consumeDeadLetters : consumeOutbox
  await consume(batch, deps)
}

export async function runCron(env: Env, ctx: ExecutionContext): Promise<void> {
  await runScheduled(depsOf(env, ctx))
}

function depsOf(env: Env, ctx: ExecutionContext): Deps {
  return createDeps(env, configOf(env), {
    requestId: newId(systemClock()),
    waitUntil: (promise) => ctx.waitUntil(promise),
  })
}
