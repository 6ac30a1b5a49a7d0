/** Each field that takes text from a person: what hides in it is refused by name, what is only layout goes, and NFC is stored. */
import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { communities, users } from '../../src/db/schema/index.ts'
import { db } from '../factories.ts'
import { type Answer, API, expectStatus } from '../support/call.ts'
import { bodyOf, type Document, documented, openApiDocument, walk } from './open-api-document.ts'
import { routeList, takesBody } from './route-list.ts'
import { keyOf, send, type WorkingCall, workingCall } from './working-calls.ts'

const SIGNUP = `POST ${API}/auth/signup-community`
const ACCOUNT = `PATCH ${API}/account`
const ACCEPT = `POST ${API}/auth/accept-invite`
const STATUS = `PATCH ${API}/admin/communities/:community/status`

/** One line or several, by field. */
const TEXTS: Record<string, Record<string, 'line' | 'lines' | 'list'>> = {
  [SIGNUP]: {
    communityName: 'line',
    communityBio: 'lines',
    country: 'line',
    city: 'line',
    firstName: 'line',
    lastName: 'line',
    fullName: 'line',
    location: 'line',
    primaryRole: 'line',
    skills: 'list',
    areaOfInterest: 'list',
    internalNotes: 'lines',
    phoneCode: 'line',
    phoneNumber: 'line',
    contactPhone: 'line',
  },
  [ACCOUNT]: { fullName: 'line', location: 'line', skills: 'list', areaOfInterest: 'list' },
  [ACCEPT]: { fullName: 'line' },
  [STATUS]: { reason: 'lines' },
  [`PATCH ${API}/admin/communities/:community`]: { communityName: 'line' },
  [`PATCH ${API}/communities/:community`]: {
    communityBio: 'lines',
    country: 'line',
    city: 'line',
    contactPhone: 'line',
    phoneCode: 'line',
    phoneNumber: 'line',
  },
  [`POST ${API}/admin/users/:id/disable`]: { reason: 'lines' },
}

/** Text of another kind, with a form of its own. */
const NO_TEXT =
  /^(email|officialEmail|newEmail|userId|communityId|flowId|role|signupToken|communityWebsite|communityLogo|socialLinks|password|confirmPassword|currentPassword|newPassword|token|refreshToken|deviceToken|turnstileToken|code|locale|timezone|tokenTransport|status|verdict)$/

const ROUTES = routeList().filter((route) => keyOf(route) in TEXTS)
const fields = ROUTES.flatMap((route) =>
  Object.entries(TEXTS[keyOf(route)] ?? {}).map(([field, kind]) => ({
    route,
    path: route.path,
    field,
    kind,
  })),
)

const HIDDEN = [
  '\0',
  '\u0001',
  '\u0008',
  '\u001b[31m',
  '\u007f',
  '\u0085',
  '\u009f',
  '\u202a',
  '\u202e',
  '\u2066',
  '\u2069',
  '\u200b',
  '\u2060',
  '\ufeff',
  '\u180e',
  '\u3164',
  '\ud800',
  '\udfff',
  '\ufffe',
  '\u{e0041}',
  '\u200d',
]
const BREAKS = ['\n', '\r\n', '\r\nBcc: eve@evil.example', '\t', '\u000b']

let document: Document
beforeAll(async () => {
  document = await openApiDocument()
})

const sayAs = (kind: string, text: string): unknown => (kind === 'list' ? ['Events', text] : text)

const withField = (working: WorkingCall, field: string, value: unknown) => ({
  ...working,
  body: { ...working.body, [field]: value },
})

function expectRefused(answer: Answer, field: string, text: string): void {
  const told = JSON.stringify({ text, body: answer.text })
  expect({ told, status: answer.status }).toEqual({ told, status: 422 })
  expect({ told, fields: Object.keys(answer.json.errors as object) }).toEqual({
    told,
    fields: [field],
  })
}

describe('the fields of these tests', () => {
  it('are all that take text', () => {
    const found = routeList()
      .filter(takesBody)
      .flatMap((route) => {
        const operation = document.paths[documented(route.path)]?.[route.method.toLowerCase()]
        return Object.entries(bodyOf(operation)?.properties ?? {})
          .filter(([, schema]) =>
            walk(schema).some(([, one]) => [one.type].flat().includes('string')),
          )
          .filter(([name]) => !NO_TEXT.test(name))
          .map(([name]) => `${keyOf(route)} ${name}`)
      })
    expect(found.sort()).toEqual(
      fields.map(({ route, field }) => `${keyOf(route)} ${field}`).sort(),
    )
  })
})

describe.each(fields)('$field of $path', ({ route, field, kind }) => {
  it('is refused by its name where something hides in it', async () => {
    const working = await workingCall(route)
    const given = working.body?.[field]
    const plain = typeof given === 'string' && given !== '' ? given : 'Some plain text'
    // Outer white space is no part of a text: only what stays within is refused.
    const hostile = [
      ...[...HIDDEN, ...(kind === 'lines' ? [] : BREAKS)].map((one) => `${plain} a${one}b`),
      ...HIDDEN.flatMap((hidden) => [`${hidden}${plain}`, `${plain}${hidden}`]),
    ]
    const answers = await Promise.all(
      hostile.map((text) => send(withField(working, field, sayAs(kind, text)))),
    )
    for (const [at, answer] of answers.entries()) expectRefused(answer, field, hostile[at] ?? '')
  })

  it('is refused where it is no text', async () => {
    const working = await workingCall(route)
    for (const value of [1, true, {}, [[]], [1], [null]]) {
      expectRefused(await send(withField(working, field, value)), field, JSON.stringify(value))
    }
  })
})

/** Accents apart from their letters, a soft hyphen and the marks that editors leave behind. */
const odd = (text: string) => ` ${text} Jose\u0301\u00ad ca\u200ffe\u0301\u200e `
const kept = (text: string) => `${text} Jos\u00e9 caf\u00e9`

describe('what is stored', () => {
  it('is NFC without layout hints: every text of a signup', async () => {
    const route = ROUTES.find((one) => keyOf(one) === SIGNUP)
    if (!route) throw new Error('this route is gone')
    const working = await workingCall(route)
    const { communityName, fullName = 'Mira' } = working.body as Record<string, string>
    const name = String(communityName)
    const body = {
      ...working.body,
      communityName: odd(name),
      communityBio: `${odd('One')}\r\n${odd('Two')}`,
      country: odd('India'),
      city: odd('Pune'),
      fullName: odd(fullName),
      location: odd('Here'),
      primaryRole: odd('Lead'),
      skills: [odd('Events')],
      areaOfInterest: [odd('Talks')],
      internalNotes: odd('Note'),
    }
    const answer = await send({ ...working, body })
    expectStatus(answer, 201)
    const { communityId } = answer.data as { communityId: string }
    const [row] = await db.select().from(communities).where(eq(communities.id, communityId))
    expect(row).toMatchObject({
      name: kept(name),
      bio: `${kept('One')} \n ${kept('Two')}`,
      country: kept('India'),
      city: kept('Pune'),
    })
    const [user] = await db.select().from(users).where(eq(users.communityId, communityId))
    expect(user).toMatchObject({
      fullName: kept(fullName),
      profile: {
        location: kept('Here'),
        primaryRole: kept('Lead'),
        skills: [kept('Events')],
        areaOfInterest: [kept('Talks')],
        internalNotes: kept('Note'),
      },
    })
  })

  it('is the same name in whatever form it is typed: nobody signs it up twice', async () => {
    const route = ROUTES.find((one) => keyOf(one) === SIGNUP)
    if (!route) throw new Error('this route is gone')
    const [one, other] = [await workingCall(route), await workingCall(route)]
    const name = `${String(one.body?.communityName)} Caf`
    expectStatus(await send(withField(one, 'communityName', `${name}\u00e9`)), 201)
    const again = await send(withField(other, 'communityName', `${name}e\u0301\u00ad`))
    expectStatus(again, 409, 'community_exists')
    expect(Object.keys(again.json.errors as object)).toEqual(['communityName'])
  })

  it('is NFC without layout hints: the name of whoever accepts an invitation', async () => {
    const route = ROUTES.find((one) => keyOf(one) === ACCEPT)
    if (!route) throw new Error('this route is gone')
    const answer = await send(withField(await workingCall(route), 'fullName', odd('Joy')))
    expectStatus(answer, 200)
    expect(answer.data.user).toMatchObject({ fullName: kept('Joy') })
    const { id } = answer.data.user as { id: string }
    const [row] = await db.select().from(users).where(eq(users.id, id))
    expect(row?.fullName).toBe(kept('Joy'))
  })

  it('is NFC without layout hints: a profile, and the reason of a review', async () => {
    for (const route of ROUTES.filter((one) => [ACCOUNT, STATUS].includes(keyOf(one)))) {
      const working = await workingCall(route)
      const isAccount = keyOf(route) === ACCOUNT
      const body = isAccount
        ? {
            fullName: odd('Mira'),
            location: odd('Here'),
            skills: [odd('A')],
            areaOfInterest: [odd('B')],
          }
        : { status: 'rejected', reason: `${odd('One')}\r\n\t${odd('Two')}` }
      const answer = await send({ ...working, body })
      expectStatus(answer, 200)
      expect(answer.data).toMatchObject(
        isAccount
          ? {
              user: { fullName: kept('Mira') },
              profile: { location: kept('Here'), skills: [kept('A')], areaOfInterest: [kept('B')] },
            }
          : { community: { statusReason: `${kept('One')} \n\t ${kept('Two')}` } },
      )
    }
  })
})
