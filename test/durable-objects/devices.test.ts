import { describe, expect, it } from 'vitest'
import {
  deviceLane,
  deviceOf,
  laneOf,
  pushedOut,
  STRANGERS,
} from '../../src/durable-objects/devices.ts'

/** d0 was used last, d1 before it, and so on. */
const devices = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `d${index}`, lastUsedAt: 1000 - index }))

describe('which lane an attempt is counted in', () => {
  it.each([
    ['a known device', 'd1', 'device:d1'],
    ['a device the account does not know', 'd7', STRANGERS],
    ['no device', null, STRANGERS],
    ['a device that is not named', undefined, STRANGERS],
    ['a device whose id is the name of the other lane', STRANGERS, STRANGERS],
  ])('%s', (_name, deviceId, lane) => {
    expect(laneOf(deviceId, devices(3))).toBe(lane)
  })

  it('keeps a device called like the strangers apart from them', () => {
    expect(laneOf(STRANGERS, [{ id: STRANGERS, lastUsedAt: 1 }])).not.toBe(STRANGERS)
  })

  it('tells whose lane it is', () => {
    expect([deviceOf(deviceLane('d1')), deviceOf(STRANGERS)]).toEqual(['d1', null])
  })
})

describe('making room for a device', () => {
  it.each([
    ['the first', 0, 'new', []],
    ['the twentieth', 19, 'new', []],
    ['the twenty-first pushes out the one used longest ago', 20, 'new', ['d19']],
    ['a known one pushes nobody out', 20, 'd19', []],
    ['surplus ones go too, oldest first', 22, 'new', ['d21', 'd20', 'd19']],
  ])('%s', (_name, count, joining, gone) => {
    expect(pushedOut(devices(count), joining)).toEqual(gone)
  })
})
