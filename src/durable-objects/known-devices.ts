/**
 * Which devices an AccountGuard takes in and forgets. That it forgot one is itself kept for 30 days, so that news which
 * arrive late (a login under way, an outbox row) bring back no device that was forgotten after it had proved itself.
 * Every method belongs inside one storage transaction. How many devices are known, and for how long, is in devices.ts.
 */
import { pushedOut } from './devices.ts'
import type { GuardStore } from './guard-store.ts'

export class KnownDevices {
  readonly #store: GuardStore

  constructor(store: GuardStore) {
    this.#store = store
  }

  /** Makes a device known for a year from the moment it proved itself (ms UTC), unless it was forgotten after that. */
  join(deviceId: string, provenAt: number, now: number): void {
    if (this.#store.forgottenAt(deviceId) > provenAt) return
    for (const id of pushedOut(this.#store.devices(), deviceId)) this.#store.forgetDevice(id)
    this.#store.saveDevice(deviceId, Math.min(provenAt, now))
  }

  /** Forgets a device if it was last used at or before that moment (ms UTC). */
  forget(deviceId: string, before: number): void {
    this.#forgetWhere(({ id, lastUsedAt }) => id === deviceId && lastUsedAt <= before)
    this.#store.noteForgotten(deviceId, before)
  }

  /** Forgets every device that was last used at or before that moment (ms UTC), but for `kept`. */
  forgetAll(before: number, kept?: string | null): void {
    this.#forgetWhere(({ id, lastUsedAt }) => id !== kept && lastUsedAt <= before)
    this.#store.noteAllForgotten(before)
  }

  /** Forgets a device for its failures, the last of them an attempt of that moment (ms UTC). */
  exhaust(deviceId: string, attemptAt: number): void {
    this.#store.forgetDevice(deviceId)
    this.#store.noteForgotten(deviceId, attemptAt)
  }

  #forgetWhere(isMeant: (device: { id: string; lastUsedAt: number }) => boolean): void {
    for (const device of this.#store.devices()) {
      if (isMeant(device)) this.#store.forgetDevice(device.id)
    }
  }
}
