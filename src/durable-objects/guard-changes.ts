/**
 * What an AccountGuard does when it is told that something has changed. Each change has a moment and touches nothing
 * that came after it, so it may be told twice, late, or in another order than it happened.
 */
import type { GuardChange } from './guard-contract.ts'
import type { GuardStore } from './guard-store.ts'
import type { KnownDevices } from './known-devices.ts'

/** Makes one change, inside a storage transaction. Throws for one it does not know, so that it is told again later. */
export function makeChange(
  store: GuardStore,
  devices: KnownDevices,
  change: GuardChange,
  now: number,
): void {
  switch (change.kind) {
    case 'remember':
      devices.join(change.deviceId, change.at ?? now, now)
      break
    case 'clear':
      lift(store, change.before)
      break
    case 'start_over':
      lift(store, change.before)
      store.codes.endIssued(change.before)
      devices.forgetAll(change.before, change.keepDevice)
      if (change.keepDevice) devices.join(change.keepDevice, change.before, now)
      break
    // Codes live on: they open nothing without the mailbox, and who has that asks for another.
    case 'forget':
      if (change.deviceId) devices.forget(change.deviceId, change.before)
      else devices.forgetAll(change.before)
      break
    default:
      change satisfies never
      throw new TypeError('Unknown change')
  }
}

function lift(store: GuardStore, before: number): void {
  store.clearLanes(before)
  store.hits.clearWrong(before)
}
