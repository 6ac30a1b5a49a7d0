import { and, eq, isNull } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { outbox } from '../db/schema/index.ts'

/** Notes that the call of an outbox row has been made already, so that the sweeper need not repeat it. */
export async function markDelivered(db: Database, id: string, now: number): Promise<void> {
  await db
    .update(outbox)
    .set({ sentAt: now })
    .where(and(eq(outbox.id, id), isNull(outbox.sentAt)))
}
