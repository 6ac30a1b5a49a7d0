/** Boxes of the local Sentry, and its envelopes read by the rules of their format. */
import { env } from 'cloudflare:workers'
import type { Taken } from './sentry-server.ts'

const HOST = (env as unknown as { TEST_PROVIDER_URL: string }).TEST_PROVIDER_URL

export interface Box {
  dsn: string
  taken(): Promise<Taken[]>
}

/** A box of its own that behaves as `plan` says. */
export function newBox(plan = 'ok'): Box {
  const hex = Array.from(plan, (char) => char.charCodeAt(0).toString(16)).join('')
  const path = `/sentry/${hex}/${crypto.randomUUID()}`
  return {
    dsn: `${HOST.replace('://', '://a1b2c3@')}${path}/42`,
    taken: async () => (await fetch(`${HOST}${path}/taken`)).json(),
  }
}

export interface SentryEvent {
  event_id: string
  timestamp: number
  platform: string
  level: string
  environment: string
  transaction: string
  tags: Record<string, string>
  extra: { dropped: number; query?: string }
  logentry?: { formatted: string }
  exception?: {
    values: {
      type: string
      value: string
      stacktrace?: {
        frames: { function: string; filename: string; lineno: number; colno: number }[]
      }
    }[]
  }
}

/** `{head}\n{item head}\n<as many bytes as it says>\n`, and nothing behind it. */
export function parseEnvelope(body: string) {
  const bytes = new TextEncoder().encode(body)
  const lineAt = (start: number) => {
    const end = bytes.indexOf(10, start)
    if (end < 0) throw new Error('a line without an end')
    return { text: new TextDecoder().decode(bytes.slice(start, end)), next: end + 1 }
  }
  const head = lineAt(0)
  const item = lineAt(head.next)
  const itemHead = JSON.parse(item.text) as { type: string; length: number; content_type: string }
  const end = item.next + itemHead.length
  if (bytes[end] !== 10 || end + 1 !== bytes.length) throw new Error('its length is another')
  const payload = new TextDecoder().decode(bytes.slice(item.next, end))
  return {
    head: JSON.parse(head.text) as { event_id: string; sent_at: string },
    item: itemHead,
    event: JSON.parse(payload) as SentryEvent,
  }
}

/** The events in a box, oldest first. */
export async function eventsIn(box: Box): Promise<SentryEvent[]> {
  return (await box.taken()).map(({ body }) => parseEnvelope(body).event)
}
