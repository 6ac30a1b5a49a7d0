/**
 * The consumer of the outbox queue. Each message is handled on its own, acked or retried on its own, so that one bad
 * message never brings its neighbours back. The queue delivers at least once and in any order: the row decides.
 */
import { errorFields } from '../log.ts'
import { deliverOutboxRow } from './consumer-delivery.ts'
import type { MailDeps } from './mail-deps.ts'
import { parseMessage } from './messages.ts'
import { retryDelaySeconds } from './retry-delay.ts'

/** Below the six connections that one invocation may hold open. */
const AT_ONCE = 5

/** Handles every message of the batch; never rejects. */
export async function consumeOutbox(
  batch: Pick<MessageBatch, 'messages'>,
  deps: Omit<MailDeps, 'queue'>,
): Promise<void> {
  for (let start = 0; start < batch.messages.length; start += AT_ONCE) {
    const some = batch.messages.slice(start, start + AT_ONCE)
    await Promise.all(some.map((message) => handle(message, deps)))
  }
}

async function handle(message: Message, deps: Omit<MailDeps, 'queue'>): Promise<void> {
  const parsed = parseMessage(message.body)
  if (!parsed) {
    deps.log.error('queue_message_unreadable', { messageId: message.id })
    message.ack()
    return
  }
  try {
    const delivery = await deliverOutboxRow(deps, parsed.id)
    if (delivery.done) message.ack()
    else message.retry({ delaySeconds: delivery.retryInSeconds })
  } catch (error) {
    deps.log.error('outbox_delivery_broke', { outboxId: parsed.id, ...errorFields(error) })
    message.retry({ delaySeconds: retryDelaySeconds(message.attempts) })
  }
}
