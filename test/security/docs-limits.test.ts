/** docs/limits.md beside the code: each number of the page is the one that the code's own tables have. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { FAILURES_UNTIL_RESET, outbox } from '../../src/db/schema/index.ts'
import { CODE_LIMITS, TRIES_PER_CODE } from '../../src/durable-objects/code-limits.ts'
import { KNOWN_DEVICE_MS, KNOWN_DEVICES_MAX } from '../../src/durable-objects/devices.ts'
import {
  FAILURES_UNTIL_BLOCK,
  FAILURES_UNTIL_LOCK,
  PLACE_MS,
  RECORD_MS,
} from '../../src/durable-objects/lane.ts'
import { CHANGES_PER_DAY } from '../../src/features/email-change/repository.ts'
import { INVITATIONS_PER_DAY } from '../../src/features/invitations/repository.ts'
import { SESSIONS_MAX } from '../../src/features/sessions/repository.ts'
import { RISK_POINTS, SUSPICIOUS_SCORE, scoreOf } from '../../src/features/signup/risk.ts'
import { SIGNUP_MAX_BYTES } from '../../src/features/signup/schemas.ts'
import { JSON_BODY_MAX_BYTES } from '../../src/http/read-body.ts'
import { IMAGE_MAX_SIDE_PIXELS } from '../../src/lib/image/format.ts'
import { IMAGE_MAX_BYTES } from '../../src/lib/image.ts'
import { findFormReason, PASSPHRASE_CODE_POINTS } from '../../src/lib/password-policy.ts'
import { MAX_PASSWORD_CODE_POINTS } from '../../src/lib/password-text.ts'
import { underSendCaps } from '../../src/mail/send-caps.ts'
import { POLICIES, policyOf } from '../../src/middleware/rate-limit-policies.ts'
import { db, signupForm } from '../factories.ts'
import { isUnsafe, type RouteEntry, routeList } from '../http/route-list.ts'
import { API, call } from '../support/call.ts'
import { codeOf, DOCS, section, tableRows, WRANGLER } from './read-sources.ts'

const PAGE = DOCS['limits.md'] ?? ''
const rowsUnder = (heading: string) => tableRows(section(PAGE, heading))
const numbersUnder = (heading: string) =>
  Object.fromEntries(rowsUnder(heading).map(([what, number]) => [what, Number(number)]))

const config = parseConfig(env)
const DAY_MS = 24 * 3600 * 1000

/** A constant that no file exports. */
function constantOf(path: string, name: string): number {
  const [, text = ''] = new RegExp(`const ${name} = ([\\d_ *]+)`).exec(codeOf(path)) ?? []
  return text.split('*').reduce((product, factor) => product * Number(factor), 1)
}

describe('the limits of requests', () => {
  it('stand in the page as they are in the table of policies', () => {
    const told = rowsUnder('Requests').map(([name, limit, seconds, by]) => [
      name,
      limit,
      seconds,
      by,
    ])
    const by = { ip: 'client', address: 'address' }
    const names = Object.keys(POLICIES) as (keyof typeof POLICIES)[]
    expect(told).toEqual(
      names.map((name) => {
        const { limit, windowSeconds } = policyOf(name, config)
        return [`\`${name}\``, String(limit), String(windowSeconds), by[POLICIES[name].by]]
      }),
    )
  })

  it('are variables that every environment sets to the number of the page', () => {
    for (const [, limit, , , cell = ''] of rowsUnder('Requests')) {
      const name = cell.replaceAll('`', '')
      const set = [...WRANGLER.matchAll(new RegExp(`^${name} = "(\\d+)"`, 'gm'))]
      expect({ name, set: set.map(([, value]) => value) }).toEqual({
        name,
        set: [limit, limit, limit],
      })
    }
  })

  const told = rowsUnder('Requests').flatMap(([name = '', , , , , routes = '']) =>
    [...routes.matchAll(/`([A-Z]+) (\/[^`]+)`/g)].map(
      ([, method, path]) => [`${method} ${API}${path}`, name.replaceAll('`', '')] as const,
    ),
  )
  const policyByRoute = new Map<string, string>(told)
  const policyTold = ({ method, path }: RouteEntry) =>
    policyByRoute.get(`${method} ${path}`) ?? 'general'
  const UNSAFE = routeList().filter((route) => route.path.startsWith(API) && isUnsafe(route))

  it('are told of routes that exist', () => {
    const routes = routeList().map(({ method, path }) => `${method} ${path}`)
    expect(routes).toEqual(expect.arrayContaining([...policyByRoute.keys()]))
  })

  it.each(UNSAFE)('hold on $method $path as the page says', async (route) => {
    const policy = policyTold(route)
    const body = policy === 'signup' ? signupForm() : { refreshToken: 'none' }
    const answer = await call(route.url, { method: route.method, body })
    const sent = answer.headers.get('RateLimit-Policy') ?? ''
    expect(`${answer.status} ${sent}`).toContain(`"${policy}";`)
  })
})

describe('the numbers of wrong passwords', () => {
  it('are those of block, lock and known devices', () => {
    expect(numbersUnder('Wrong passwords')).toEqual({
      'failures in a row until the block': FAILURES_UNTIL_BLOCK,
      'block, in seconds (`LOGIN_BLOCK_SECONDS`)': config.loginBlockSeconds,
      'failures in a row until the lock': FAILURES_UNTIL_LOCK,
      'failures since the last success, over all devices, that switch the password off':
        FAILURES_UNTIL_RESET,
      'days until a count that nobody adds to is forgotten': RECORD_MS / DAY_MS,
      'attempts judged at the same time, with the failures before them': FAILURES_UNTIL_BLOCK,
      'seconds until an attempt without an end counts as a failure': PLACE_MS / 1000,
      'devices that an account knows': KNOWN_DEVICES_MAX,
      'days that a device stays known after its last login': KNOWN_DEVICE_MS / DAY_MS,
    })
  })
})

describe('the numbers of codes', () => {
  it('are those of the account guard', () => {
    expect(CODE_LIMITS.wrong.windowSeconds).toBe(CODE_LIMITS.code.windowSeconds)
    expect(numbersUnder('Codes')).toEqual({
      'wrong tries on one code': TRIES_PER_CODE,
      'wrong tries in a window, over all codes': CODE_LIMITS.wrong.limit,
      'codes asked for in a window': CODE_LIMITS.code.limit,
      'window, in seconds': CODE_LIMITS.code.windowSeconds,
      'life of a code, in seconds (`OTP_SECONDS`)': config.otpTtlSeconds,
      'life of a signup token, in seconds (`SIGNUP_TOKEN_SECONDS`)': config.signupTokenTtlSeconds,
    })
  })
})

describe('the numbers of invitations', () => {
  it('are those of the statement that makes one', () => {
    expect(numbersUnder('Invitations')).toEqual({
      'invitations of one community in 24 hours, withdrawn ones too': INVITATIONS_PER_DAY,
      'life of an invitation, in seconds (`INVITATION_SECONDS`)': config.invitationTtlSeconds,
    })
  })
})

describe('the numbers of changes of address', () => {
  it('are those of the account guard and of the statement that notes one', () => {
    expect(CODE_LIMITS.email_change).toEqual({
      limit: CHANGES_PER_DAY,
      windowSeconds: CODE_LIMITS.code.windowSeconds,
    })
    expect(DAY_MS).toBe(24 * 3600 * 1000)
    expect(numbersUnder('Changes of address')).toEqual({
      'changes that one person may ask for in 24 hours': CHANGES_PER_DAY,
      'life of the link that undoes a change, in seconds (`EMAIL_UNDO_SECONDS`)':
        config.emailUndoTtlSeconds,
    })
  })
})

describe('the page', () => {
  it('has no row that stands outside its table', () => {
    const loose = PAGE.split('\n').filter(
      (line, at, lines) =>
        line.startsWith('|') &&
        !lines[at - 1]?.startsWith('|') &&
        !/^\|(?: :?-+:? \|)+$/.test(lines[at + 1] ?? ''),
    )
    expect(loose).toEqual([])
  })
})

describe('the caps on mails', () => {
  it('are those of the statement that queues a mail', () => {
    const question = { template: 'verify_email', addressKey: 'k', now: 0 } as const
    const { params } = db
      .select({ id: outbox.id })
      .from(outbox)
      .where(underSendCaps(question))
      .toSQL()
    const tables = params
      .filter((value): value is string => typeof value === 'string' && value.startsWith('{'))
      .map((text) => JSON.parse(text) as Record<string, number>)
    const [ofAKind = {}, inAll = {}] = [tables[0], tables.at(-1)]
    expect(rowsUnder('Mails to one address')).toEqual(
      Object.keys(ofAKind).map((name) => [
        `\`${name}\``,
        String(ofAKind[name]),
        String(inAll[name] ?? '–'),
      ]),
    )
  })
})

describe('the sizes', () => {
  it('are those that the code counts by', () => {
    const large = constantOf('http/read-body.ts', 'LARGE_BODY_BYTES')
    const shortest = [...'Kj7#qmplrtzw'].findIndex(
      (_, at) => findFormReason('Kj7#qmplrtzw'.slice(0, at)) === undefined,
    )
    expect(numbersUnder('Sizes')).toEqual({
      'bytes of a body': JSON_BODY_MAX_BYTES,
      "bytes of a signup's body": SIGNUP_MAX_BYTES,
      [`bodies of more than ${large} bytes in work at once in one isolate`]: constantOf(
        'http/read-body.ts',
        'LARGE_BODIES_AT_ONCE',
      ),
      'living sessions of one person; one more ends the oldest': SESSIONS_MAX,
      'rows of a page at most': constantOf('http/paging.ts', 'MAX_PAGE'),
      'bytes of an access token': constantOf('lib/jwt.ts', 'MAX_TOKEN_LENGTH'),
      'characters of a password at least': shortest,
      "characters of an admin's password at least, and where any mix of them will do":
        PASSPHRASE_CODE_POINTS,
      'characters of a password at most': MAX_PASSWORD_CODE_POINTS,
    })
  })

  it('of a logo are those of the parser', () => {
    expect(numbersUnder('Logos')).toEqual({
      bytes: IMAGE_MAX_BYTES,
      'pixels a side': IMAGE_MAX_SIDE_PIXELS,
    })
  })
})

describe('the risk signals of a signup', () => {
  it('stand in the page with their points, each one and no other', () => {
    const told = rowsUnder('What a reviewer is shown of a signup').map(([signal, points]) => [
      signal?.replaceAll('`', ''),
      Number(points),
    ])
    expect(told).toEqual(Object.entries(RISK_POINTS))
  })

  it('make a signup suspicious from the score of the page on', () => {
    const text = section(PAGE, 'What a reviewer is shown of a signup')
    expect(text).toContain(`from ${SUSPICIOUS_SCORE} on`)
    expect(scoreOf(Array(9).fill({ signal: 'odd_owner_name', points: 20 }))).toBe(100)
    expect(text).toContain('100 at most')
  })
})
