/**
 * A line of the log as an event of Sentry, and the envelope that carries it. Made of what is listed here and nothing
 * else: the error, its stack, where it happened and under which request id. Whatever looks like an address, a client, a
 * token, a code or a query string is taken out of its texts, wherever it came from.
 * No I/O. No clock.
 */
import { utf8 } from './encoding.ts'
import { isUuid } from './ids.ts'

export type Fields = Record<string, unknown>

export interface Report {
  /** The line as it was written: `event`, `requestId`, and of an error `error`, `stack`, `cause`. */
  line: Fields
  environment: string
  /** The pattern of the route, or the kind of work; never the address that was asked for. */
  route: string
  /** When, ms UTC. */
  now: number
  /** 32 hexadecimal digits. */
  eventId: string
  /** How many lines before it were not reported. */
  dropped: number
}

/** Fields of a line that say more and name nobody. */
const TAGS = ['job', 'object', 'reason', 'kind', 'template', 'policy', 'outboxId', 'messageId']
const MAX_TEXT = 500
const FRAME = /^\s*at (?:async )?(?:(.*?) \()?(.*?):(\d+):(\d+)\)?$/

export function toEnvelope(report: Report): string {
  const { eventId, now } = report
  const payload = JSON.stringify(toEvent(report))
  const item = { type: 'event', content_type: 'application/json', length: utf8(payload).byteLength }
  const head = { event_id: eventId, sent_at: new Date(now).toISOString() }
  return `${JSON.stringify(head)}\n${JSON.stringify(item)}\n${payload}\n`
}

function toEvent({ line, environment, route, now, eventId, dropped }: Report): Fields {
  const event = text(line.event)
  const values = exceptionsOf(line)
  return {
    event_id: eventId,
    timestamp: now / 1000,
    platform: 'javascript',
    level: 'error',
    logger: 'gatehouse',
    environment,
    transaction: scrub(route),
    tags: {
      event,
      request_id: text(line.requestId),
      ...Object.fromEntries(
        TAGS.flatMap((name) => (line[name] === undefined ? [] : [[name, text(line[name])]])),
      ),
    },
    extra: { dropped, ...(line.query !== undefined && { query: text(line.query) }) },
    ...(values.length > 0 ? { exception: { values } } : { logentry: { formatted: event } }),
  }
}

/** The innermost cause first. */
function exceptionsOf(line: Fields): Fields[] {
  if (typeof line.error !== 'string') return []
  const [, type = 'Error', value = line.error] = /^(\w+): (.*)$/s.exec(line.error) ?? []
  const frames = framesOf(line.stack)
  const own = { type, value: scrub(value), ...(frames.length > 0 && { stacktrace: { frames } }) }
  const isDeeper = typeof line.cause === 'object' && line.cause !== null
  return [...(isDeeper ? exceptionsOf(line.cause as Fields) : []), own]
}

/** The call that failed last, as Sentry has it. A line that was cut is left out. */
function framesOf(stack: unknown): Fields[] {
  if (typeof stack !== 'string') return []
  const frames = stack.split('\n').flatMap((line) => {
    const [, name = '?', file, row, column] = FRAME.exec(line) ?? []
    if (file === undefined) return []
    return [
      { function: scrub(name), filename: scrub(file), lineno: Number(row), colno: Number(column) },
    ]
  })
  return frames.reverse()
}

const text = (value: unknown) => scrub(String(value ?? ''))

const SECRETS: readonly [pattern: RegExp, put: string | ((found: string) => string)][] = [
  [/[^\s<>"'`()[\],:;=]+@[^\s<>"'`()[\],:;]+/g, '[address]'],
  [/[?#][^\s"'`)\]]*=[^\s"'`)\]]*/g, '[query]'],
  [/[\w-]+\.[\w-]+\.[\w-]{20,}/g, '[token]'],
  [/[\w-]{20,}/g, (found) => (isUuid(found) || !/\d/.test(found) ? found : '[token]')],
  [/\b\d{1,3}(\.\d{1,3}){3}\b/g, '[ip]'],
  [/(?<![\w:.])[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}(?![\w:])/gi, '[ip]'],
  [/\+\d[\d ().-]{6,}\d/g, '[number]'],
  [/(?<![\w-])\d{6}(?![\w-])/g, '[code]'],
]

/** A text of at most 500 characters without what names or lets in somebody. */
export function scrub(given: string): string {
  let clean = given.slice(0, MAX_TEXT)
  for (const [pattern, put] of SECRETS) {
    clean = clean.replace(pattern, (found) => (typeof put === 'string' ? put : put(found)))
  }
  return clean
}
