/** What runs without a request: batches of the queues, the cron, and what an alarm has to say. */
import { configOf } from './config.ts'
import { createDeps, type Deps } from './deps.ts'
import { systemClock } from './lib/clock.ts'
import { newId } from './lib/ids.ts'
import { errorFields } from './log.ts'
import { consumeOutbox } from './mail/consumer.ts'
import { consumeDeadLetters } from './mail/dead-letters.ts'
import { runScheduled } from './scheduled/run.ts'

export async function consumeBatch(
  batch: MessageBatch,
  env: Env,
  ctx: ExecutionContext,
): Promise<void> {
  const deps = depsOf(env, ctx, 'queue')
  const consume = batch.queue.endsWith('-dead') ? consumeDeadLetters : consumeOutbox
  await consume(batch, deps)
}

export async function runCron(env: Env, ctx: ExecutionContext): Promise<void> {
  await runScheduled(depsOf(env, ctx, 'scheduled'))
}

export function logAlarmFailure(
  env: Env,
  ctx: DurableObjectState,
  { object, error }: { object: string; error: unknown },
): void {
  depsOf(env, ctx, 'alarm').log.error('alarm_failed', { object, ...errorFields(error) })
}

function depsOf(env: Env, ctx: Pick<ExecutionContext, 'waitUntil'>, work: string): Deps {
  return createDeps(env, configOf(env), {
    requestId: newId(systemClock()),
    waitUntil: (promise) => ctx.waitUntil(promise),
    route: () => work,
  })
}
