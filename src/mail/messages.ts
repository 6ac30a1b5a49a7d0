/** What travels through the queue: a version and ids, never an address, a link or a code. */
import * as z from 'zod'

const outboxMessage = z.object({ v: z.literal(1), type: z.literal('outbox'), id: z.uuid() })

const queueMessage = z.discriminatedUnion('type', [outboxMessage])

export type QueueMessage = z.infer<typeof queueMessage>

/** The message, or undefined for what this version cannot read. */
export function parseMessage(body: unknown): QueueMessage | undefined {
  return queueMessage.safeParse(body).data
}

/** "Deliver the outbox row of this id." */
export function messageFor(outboxId: string): QueueMessage {
  return { v: 1, type: 'outbox', id: outboxId }
}
