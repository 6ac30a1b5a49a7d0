import type { Locale } from './texts.ts'

const UNITS = [
  { unit: 'day', seconds: 86_400, atLeast: 2 * 86_400 },
  { unit: 'hour', seconds: 3600, atLeast: 3600 },
  { unit: 'minute', seconds: 60, atLeast: 60 },
] as const

/** A lifetime in words, with the right plural: "24 hours", "1 hour", "7 days". Rounded down where no unit fits: never more than the truth. */
export function formatDuration(locale: Locale, seconds: number): string {
  const exact = UNITS.find((one) => seconds >= one.atLeast && seconds % one.seconds === 0)
  const { unit, seconds: size } =
    exact ?? (seconds >= 120 ? UNITS[2] : { unit: 'second', seconds: 1 })
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' })
  return format.format(Math.floor(seconds / size))
}

/** A moment (ms UTC) in words: "October 1, 2026 at 12:00 UTC". We do not know the reader's time zone, so it is named. */
export function formatMoment(locale: Locale, moment: number): string {
  const format = new Intl.DateTimeFormat(locale, {
    dateStyle: 'long',
    timeStyle: 'short',
    hourCycle: 'h23',
    timeZone: 'UTC',
  })
  return `${format.format(moment)} UTC`
}
