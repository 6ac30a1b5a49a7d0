/**
 * Which devices an account knows: up to 20, each for a year since it last joined or logged in. A known device is
 * counted in a lane of its own, so that strangers cannot lock its owner out. One more pushes out the one that was used
 * longest ago. A device that is forgotten is a stranger again.
 * No I/O. No clock.
 */
export const KNOWN_DEVICES_MAX = 20
export const KNOWN_DEVICE_MS = 365 * 24 * 60 * 60 * 1000

export const STRANGERS = 'strangers'
const DEVICE_LANE = 'device:'

export interface Device {
  readonly id: string
  readonly lastUsedAt: number
}

/** The lane an attempt is counted in. */
export function laneOf(deviceId: string | null | undefined, known: readonly Device[]): string {
  const device = known.find(({ id }) => id === deviceId)
  return device ? deviceLane(device.id) : STRANGERS
}

export function deviceLane(deviceId: string): string {
  return DEVICE_LANE + deviceId
}

/** The device a lane belongs to, or null for the strangers'. */
export function deviceOf(lane: string): string | null {
  return lane.startsWith(DEVICE_LANE) ? lane.slice(DEVICE_LANE.length) : null
}

/** The devices that have to go so that `joining` finds room; never that one itself. */
export function pushedOut(known: readonly Device[], joining: string): string[] {
  const others = known.filter((device) => device.id !== joining)
  const surplus = Math.max(0, others.length + 1 - KNOWN_DEVICES_MAX)
  const oldestFirst = others.toSorted((a, b) => a.lastUsedAt - b.lastUsedAt)
  return oldestFirst.slice(0, surplus).map((device) => device.id)
}
