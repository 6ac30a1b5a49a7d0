import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { newId } from '../../src/lib/ids.ts'
import { messageFor, parseMessage } from '../../src/mail/messages.ts'
import { START } from './mail-world.ts'

describe('queue messages', () => {
  it('carry a version and an id, nothing else, and are read back', () => {
    const id = newId(START)
    expect(messageFor(id)).toEqual({ v: 1, type: 'outbox', id })
    expect(parseMessage(messageFor(id))).toEqual(messageFor(id))
  })

  it('are taken by the real queue', async () => {
    await expect(
      env.OUTBOX_QUEUE.sendBatch([{ body: messageFor(newId(START)) }]),
    ).resolves.toBeDefined()
  })

  it.each([
    null,
    'text',
    7,
    {},
    [],
    { v: 2, type: 'outbox', id: newId(START) },
    { v: 1, type: 'other', id: newId(START) },
    { v: 1, type: 'outbox' },
    { v: 1, type: 'outbox', id: 'x' },
    { v: 1, type: 'outbox', id: [newId(START)] },
  ])('%j is read as nothing', (body) => {
    expect(parseMessage(body)).toBeUndefined()
  })
})
