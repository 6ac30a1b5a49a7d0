/** A `%s` in a text stays one: the console gets one argument, a line of JSON, and no text is a format. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createLog } from '../../src/log.ts'
import { communityRow, signedUp, unique } from '../factories.ts'
import { deliverAll, inboxOf } from '../features/passwords/password-client.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const FORMATS = '%s %d %i %f %o %O %j %c %% %n %1$s'

describe('a format in a text', () => {
  it('stands in the log as it is, in the one argument of the console', () => {
    const calls: unknown[][] = []
    for (const name of ['log', 'warn', 'error'] as const) {
      vi.spyOn(console, name).mockImplementation((...given) => void calls.push(given))
    }
    const log = createLog('debug')
    for (const level of ['debug', 'info', 'warn', 'error'] as const)
      log[level]('event', { name: FORMATS })
    expect(calls).toHaveLength(4)
    for (const given of calls) {
      expect(given).toHaveLength(1)
      expect(JSON.parse(String(given[0]))).toMatchObject({ name: FORMATS })
    }
  })

  it('stands in the row and in the mail as it was typed', async () => {
    const communityName = `${FORMATS} ${unique()}`
    const { communityId, email } = await signedUp({ communityName })
    expect((await communityRow(communityId))?.name).toBe(communityName)
    await deliverAll(email)
    expect((await inboxOf(email))[0]?.text).toContain(communityName)
  })
})
