/**
 * The consumer of the dead-letter queue. A message ends there after the queue's own retries; the row it names is not
 * lost by that: it stays unfinished, and the sweeper takes it on until it is delivered or given up.
 */
import { and, eq, not, sql } from 'drizzle-orm'
import { countEvent } from '../db/count-event.ts'
import { outbox } from '../db/schema/index.ts'
import { errorFields } from '../log.ts'
import { isUnfinished, tellsOfAlert } from './consumer-rows.ts'
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
    const unfinished = await note(deps, parsed?.id)
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

/**
 * Counts the letter, and notes it on its row: true where that still waits. An earlier `not_before` is moved up to now; a
 * later one stays: it is a back-off. What tells of alerts is not counted, else it could raise the next one.
 */
async function note({ db, clock }: DeadLetterDeps, id: string | undefined): Promise<boolean> {
  const now = clock()
  const row = eq(outbox.id, id ?? '')
  const isOfAlert = sql`exists (select 1 from ${outbox} where ${and(row, tellsOfAlert)})`
  const [, noted] = await db.batch([
    countEvent(db, 'dead_letter', now, not(isOfAlert)),
    db
      .update(outbox)
      .set({ lastError: 'dead_letter', notBefore: sql`max(${outbox.notBefore}, ${now})` })
      .where(and(row, isUnfinished))
      .returning({ id: outbox.id }),
  ])
  return noted.length > 0
}
