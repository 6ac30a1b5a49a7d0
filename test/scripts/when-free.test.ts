import { describe, expect, it } from 'vitest'
import { whenFree } from '../../scripts/when-free.ts'

describe('waiting for a locked database', () => {
  it('repeats the work until the file is free, also where the lock is the cause of the error', async () => {
    const errors = [
      new Error('D1_ERROR: database is locked: SQLITE_BUSY'),
      new Error('Failed query', { cause: new Error('database is locked: SQLITE_BUSY') }),
    ]
    let runs = 0
    const work = async () => {
      runs += 1
      const error = errors.shift()
      if (error) throw error
      return 'done'
    }
    expect(await whenFree(work)).toBe('done')
    expect(runs).toBe(3)
  })

  it('does not repeat what failed for another reason', async () => {
    let runs = 0
    const work = async () => {
      runs += 1
      throw new Error('no such table: users')
    }
    await expect(whenFree(work)).rejects.toThrow('no such table')
    expect(runs).toBe(1)
  })
})
