/**
 * The consumer of the dead-letter queue. A message ends there after the queue's own retries; the row it names is not
 * lost by that: it stays unfinished, and the sweeper takes it on until it is delivered or given up.
 */
import { and, eq, sql } from 'drizzle-orm'
import { outbox } from '../db/schema/index.ts'
import { errorFields } from '../log.ts'
import { isUnfinished } from './consumer-rows.ts'
import type { MailDeps } from './mail-deps.ts'
import { parseMessage } from './messages.ts'
import { retryDelaySeconds } from './retry-delay.ts'

type DeadLetterDeps = Pick<MailDeps, 'db' | 'clock' | 'log'>

/** Notes each dead message on its row, and in the log as an error; never rejects. */
export async function consumeDeadLetters(
  batch: Pick<MessageBatch, 'messages'>,
  deps: DeadLetterDeps,
): Promise<void> {
  for (const message of batch.messages) await handle(message, deps)
}

async function handle(message: Message, deps: DeadLetterDeps): Promise<void> {
  const parsed = parseMessage(message.body)
  try {
    const unfinished = parsed ? await noteOnRow(deps, parsed.id) : false
    deps.log.error('outbox_dead_letter', {
      messageId: message.id,
      outboxId: parsed?.id,
      unfinished,
    })
    message.ack()
  } catch (error) {
    deps.log.error('dead_letter_broke', { messageId: message.id, ...errorFields(error) })
    message.retry({ delaySeconds: retryDelaySeconds(message.attempts) })
  }
}

/** True where the row still waits. An earlier `not_before` is moved up to now; a later one stays: it is a back-off. */
async function noteOnRow({ db, clock }: DeadLetterDeps, id: string): Promise<boolean> {
  const noted = await db
    .update(outbox)
    .set({ lastError: 'dead_letter', notBefore: sql`max(${outbox.notBefore}, ${clock()})` })
    .where(and(eq(outbox.id, id), isUnfinished))
    .returning({ id: outbox.id })
  return noted.length > 0
}
