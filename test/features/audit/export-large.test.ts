/** A hundred thousand rows: as fast as anybody may expect, in the memory of one page. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { ROWS_PER_PAGE } from '../../../src/features/audit/service.ts'
import worker from '../../../src/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { admin } from '../../factories.ts'
import { freshIp } from '../../support/call.ts'
import { AUDIT_LOGS, writeMany } from './audit-client.ts'

const ROWS = 100_000
/** D1 answers so many to one request. */
const QUERIES_MAX = 1000

const communityId = newId(0)
let token = ''
beforeAll(async () => {
  ;({ token } = await admin())
  // Statements of SQLite end after thirty seconds in D1.
  for (let n = 0; n < 4; n++) {
    await writeMany(ROWS / 4, Date.UTC(2025, 0, 1 + n), communityId)
  }
})

describe('a file of 100 000 rows', () => {
  it.each([
    ['text/csv', ROWS + 1],
    ['application/x-ndjson', ROWS],
  ])('comes whole, page by page: %s', async (accept, lines) => {
    const request = new Request(
      `https://gatehouse.example${AUDIT_LOGS}?communityId=${communityId}`,
      {
        headers: {
          Accept: accept,
          Authorization: `Bearer ${token}`,
          'CF-Connecting-IP': freshIp(),
        },
      },
    ) as Request<unknown, IncomingRequestCfProperties>
    const context = createExecutionContext()
    const response = await worker.fetch(request, env, context)
    expect(response.status).toBe(200)
    let chunks = 0
    let largest = 0
    let seen = 0
    for await (const chunk of response.body ?? []) {
      chunks += 1
      largest = Math.max(largest, chunk.byteLength)
      for (const byte of chunk) if (byte === 10) seen += 1
    }
    await waitOnExecutionContext(context)
    expect(seen).toBe(lines)
    expect(chunks).toBe(ROWS / ROWS_PER_PAGE)
    expect(chunks).toBeLessThan(QUERIES_MAX)
    // What waits at any moment: one page.
    expect(largest).toBeLessThan(512 * 1024)
  })
})
