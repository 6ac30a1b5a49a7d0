import * as z from 'zod'
import { isoTime } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { describePlain } from '../../http/openapi.ts'

const DAY_MS = 24 * 3600 * 1000
const CACHE_SECONDS = DAY_MS / 1000
/** RFC 9116 §2.5.5 asks for less than a year. Told anew each day, so that it never goes stale while the worker runs. */
const VALID_DAYS = 180

/** Where to report a vulnerability (RFC 9116). */
export const securityTxtRoutes = factory.createApp().get(
  '/.well-known/security.txt',
  describePlain(
    HAS_DOCUMENT && {
      tag: 'Service',
      summary: 'Where to report a vulnerability',
      description: 'A file in the form of RFC 9116.',
      content: { 'text/plain': z.string() },
      errors: ['unavailable'],
    },
  ),
  (c) => {
    const { config, clock } = c.get('deps')
    c.header('Cache-Control', `public, max-age=${CACHE_SECONDS}`)
    c.header('Content-Type', 'text/plain; charset=utf-8')
    return c.body(securityTxt(config.securityContact, clock()), 200)
  },
)

function securityTxt(contact: string, now: number): string {
  const expires = now - (now % DAY_MS) + VALID_DAYS * DAY_MS
  return [
    `Contact: ${contact}`,
    `Expires: ${isoTime(expires)}`,
    'Preferred-Languages: en, zh',
    '',
  ].join('\n')
}
