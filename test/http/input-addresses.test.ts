/// <reference types="vite/types/importMeta.d.ts" />
/** Every route that takes an address reads it in one way: all of them know the person, or none does. */
import { and, eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { communities, outbox, users } from '../../src/db/schema/index.ts'
import {
  admin,
  db,
  ownerIn,
  PASSWORD,
  postSignup,
  signedUp,
  signupForm,
  unique,
} from '../factories.ts'
import { mailedCode, type OwnerHere, ownerHere, postInvitation } from '../mailbox-client.ts'
import { outboxOf } from '../session-client.ts'
import { type Answer, API, call, expectStatus } from '../support/call.ts'
import { mismatchesOf } from './json-schema.ts'
import { bodyOf, type Document, documented, openApiDocument } from './open-api-document.ts'
import { routeList, takesBody } from './route-list.ts'
import { keyOf } from './working-calls.ts'

/** One owner for whatever asks for somebody. */
const known: { inviter?: Promise<OwnerHere>; reviewer?: ReturnType<typeof admin> } = {}
const inviter = () => {
  known.inviter ??= ownerHere()
  return known.inviter
}

const reviewer = () => {
  known.reviewer ??= admin()
  return known.reviewer
}

/** Routes and their fields, each with a request that carries the address. */
const TAKERS: Record<string, (text: unknown) => Promise<Answer>> = {
  [`POST ${API}/auth/signup-community email`]: (email) => postSignup(signupForm({ email })),
  [`POST ${API}/auth/signup-community officialEmail`]: (officialEmail) =>
    postSignup(signupForm({ officialEmail })),
  [`POST ${API}/auth/login email`]: (email) =>
    call(`${API}/auth/login`, { body: { email, password: PASSWORD } }),
  [`POST ${API}/auth/forgot-password email`]: (email) =>
    call(`${API}/auth/forgot-password`, { body: { email } }),
  [`POST ${API}/auth/resend-verification email`]: (email) =>
    call(`${API}/auth/resend-verification`, { body: { email } }),
  [`POST ${API}/auth/send-otp email`]: (email) => call(`${API}/auth/send-otp`, { body: { email } }),
  [`POST ${API}/auth/send-signup-otp email`]: (email) =>
    call(`${API}/auth/send-signup-otp`, { body: { email } }),
  [`POST ${API}/auth/verify-otp email`]: (email) =>
    call(`${API}/auth/verify-otp`, { body: { email, code: '123456' } }),
  [`POST ${API}/account/email newEmail`]: async (newEmail) =>
    call(`${API}/account/email`, {
      token: (await inviter()).accessToken,
      body: { newEmail, password: PASSWORD },
    }),
  [`PATCH ${API}/admin/communities/:community officialEmail`]: async (officialEmail) => {
    const { communityId } = await ownerIn('active')
    const path = `${API}/admin/communities/${communityId}`
    return call(path, { method: 'PATCH', token: (await reviewer()).token, body: { officialEmail } })
  },
  [`POST ${API}/communities/:community/invitations email`]: async (email) =>
    postInvitation(await inviter(), { email, role: 'Member' }),
}
const takers = Object.entries(TAKERS).map(([name, send]) => ({ name, send }))

let document: Document
beforeAll(async () => {
  document = await openApiDocument()
})

type Write = (local: string, domain: string) => string

/** Spellings of `<local>@<domain>`, which a person may type. */
const SAME: Record<string, Write> = {
  'capital letters': (local, domain) => `${local}@${domain}`.toUpperCase(),
  'a capital first letter': (local, domain) => `M${local.slice(1)}@${domain}`,
  'a domain in capital letters': (local, domain) => `${local}@${domain.toUpperCase()}`,
  'spaces around it': (local, domain) => `  ${local}@${domain}\t`,
  'line breaks around it': (local, domain) => `\r\n${local}@${domain}\r\n`,
  'a no-break space and a byte order mark around it': (local, domain) =>
    `\ufeff${local}@${domain}\u00a0`,
}

/** What is no single address that we write to, however much it looks like one. */
const NONE: Record<string, Write> = {
  'a quoted local part': (local, domain) => `"${local}"@${domain}`,
  'a quoted address in front': (local, domain) => `"eve@evil.example ${local}"@${domain}`,
  'a comment behind': (local, domain) => `${local}@${domain} (home)`,
  'a comment in the local part': (local, domain) => `${local}(home)@${domain}`,
  'a comment in the domain': (local, domain) => `${local}@(home)${domain}`,
  'angle brackets': (local, domain) => `<${local}@${domain}>`,
  'a name in front': (local, domain) => `Mira <${local}@${domain}>`,
  'a scheme': (local, domain) => `mailto:${local}@${domain}`,
  'a route': (local, domain) => `@evil.example:${local}@${domain}`,
  'a percent route': (local, domain) => `${local}%${domain}@evil.example@${domain}`,
  'two with a comma': (local, domain) => `${local}@${domain},eve@evil.example`,
  'two with a semicolon': (local, domain) => `${local}@${domain};eve@evil.example`,
  'two with a space': (local, domain) => `${local}@${domain} eve@evil.example`,
  'two with a line break': (local, domain) => `${local}@${domain}\neve@evil.example`,
  'two with a full-width comma': (local, domain) => `${local}@${domain}，eve@evil.example`,
  'a header behind it': (local, domain) => `${local}@${domain}\r\nBcc: eve@evil.example`,
  'a NUL behind it': (local, domain) => `${local}@${domain}\0.evil.example`,
  'a full-width sign': (local, domain) => `${local}＠${domain}`,
  'a small sign': (local, domain) => `${local}﹫${domain}`,
  'two signs': (local, domain) => `${local}@@${domain}`,
  'a dotless i': (local, domain) => `${local.replace('i', '\u0131')}@${domain}`,
  'a dotted capital I': (local, domain) => `${local.replace('i', '\u0130')}@${domain}`,
  'a Cyrillic letter': (local, domain) => `${local.replace('a', '\u0430')}@${domain}`,
  'a full-width letter': (local, domain) => `${local.replace('m', '\uff4d')}@${domain}`,
  'a long s': (local, domain) => `${local.replace('s', '\u017f')}@${domain}`,
  'a Kelvin sign': (local, domain) => `${local.replace('k', '\u212a')}@${domain}`,
  'a Kelvin sign in the domain': (local, domain) => `${local}@${domain.replace('k', '\u212a')}`,
  'a long s in the domain': (local, domain) => `${local}@${domain.replace('s', '\u017f')}`,
  'a dotless i in the domain': (local, domain) => `${local}@${domain.replace('i', '\u0131')}`,
  'a full-width domain': (local, domain) => `${local}@${domain.replace('k', '\uff4b')}`,
  'a full-width dot': (local, domain) => `${local}@${domain.replace('.', '．')}`,
  'an ideographic dot': (local, domain) => `${local}@${domain.replace('.', '。')}`,
  'a dot behind the domain': (local, domain) => `${local}@${domain}.`,
  'a soft hyphen': (local, domain) => `${local}\u00ad@${domain}`,
  'a zero-width space': (local, domain) => `${local}\u200b@${domain}`,
  'a zero-width joiner in the domain': (local, domain) => `${local}@\u200d${domain}`,
  'a bidi override': (local, domain) => `\u202e${local}@${domain}`,
  'half a surrogate': (local, domain) => `${local}\ud800@${domain}`,
  'a percent sign for the sign': (local, domain) => `${local}%40${domain}`,
  'a port': (local, domain) => `${local}@${domain}:25`,
  'a path': (local, domain) => `${local}@${domain}/x`,
  'a wildcard': (local) => `${local}@*`,
  'no domain': (local) => `${local}@`,
  'a number as address': (local) => `${local}@[127.0.0.1]`,
  'an IPv4 address': (local) => `${local}@127.0.0.1`,
}

const NO_TEXTS: unknown[] = [
  null,
  true,
  1,
  {},
  { toString: 'mira@x.example' },
  { 0: 'mira@x.example', length: 1 },
  [],
  ['mira@x.example'],
  ['mira@x.example', 'eve@evil.example'],
  [['mira@x.example']],
]

/** With letters in it that have look-alikes. */
const LOCAL = 'mira.sky'
const newDomain = () => `kiosk-${unique()}.example`

describe('the routes of these tests', () => {
  it('are all that take an address', () => {
    const found = routeList()
      .filter(takesBody)
      .flatMap((route) => {
        const operation = document.paths[documented(route.path)]?.[route.method.toLowerCase()]
        return Object.keys(bodyOf(operation)?.properties ?? {})
          .filter((name) => /e-?mail|address|recipient/i.test(name))
          .map((name) => `${keyOf(route)} ${name}`)
      })
    expect(found.sort()).toEqual(Object.keys(TAKERS).sort())
  })
})

/** A person with an account, and a signup of theirs that waits. */
async function person(domain: string) {
  const email = `${LOCAL}@${domain}`
  const { communityId } = await ownerIn('active', { email })
  await signedUp({ email })
  const [row] = await db.select().from(users).where(eq(users.communityId, communityId))
  return { email: row?.email ?? '' }
}

async function expectKnown(text: string, canonical: string): Promise<void> {
  const login = await TAKERS[`POST ${API}/auth/login email`]?.(text)
  expect({ status: login?.status, data: login?.data }).toMatchObject({
    status: 200,
    data: { user: { email: canonical } },
  })
  const mailsOf = async (template: string) =>
    (await outboxOf(canonical)).filter((row) => row.template === template).length
  for (const [path, template] of [
    ['forgot-password', 'password_reset'],
    ['resend-verification', 'verify_email'],
  ]) {
    const before = await mailsOf(String(template))
    const answer = await TAKERS[`POST ${API}/auth/${path} email`]?.(text)
    expect(answer?.status).toBe(202)
    expect({ path, mails: await mailsOf(String(template)) }).toEqual({ path, mails: before + 1 })
  }
  await expectKnownByCode({ asked: text, used: canonical }, canonical)
  const inviting = await TAKERS[`POST ${API}/communities/:community/invitations email`]?.(text)
  expect(inviting?.data.invitation).toMatchObject({ email: canonical })
  // By somebody new: five a day.
  const { accessToken: token } = await ownerHere()
  const move = { newEmail: text, password: PASSWORD }
  const notices = await mailsOf('email_change_taken')
  expectStatus(await call(`${API}/account/email`, { token, body: move }), 202)
  expect(await mailsOf('email_change_taken')).toBe(notices + 1)
  const signup = signupForm({ email: text })
  const { data } = await postSignup(signup)
  const [row] = await db
    .select()
    .from(users)
    .where(eq(users.communityId, String(data.communityId)))
  expect(row?.email).toBe(canonical)
}

/** A code that was asked for in one spelling is used in another. */
async function expectKnownByCode(
  { asked, used }: { asked: string; used: string },
  canonical: string,
): Promise<void> {
  const { flowId } = (await call(`${API}/auth/send-otp`, { body: { email: asked } })).data
  const code = await mailedCode(canonical)
  const body = { email: used, code, flowId, tokenTransport: 'body' }
  const { status, data } = await call(`${API}/auth/verify-otp`, { body })
  expect({ status, data }).toMatchObject({ status: 200, data: { user: { email: canonical } } })
}

describe('one person', () => {
  it.each(Object.keys(SAME))('is known by every route: %s', async (how) => {
    const domain = newDomain()
    const { email } = await person(domain)
    const text = SAME[how]?.(LOCAL, domain) ?? ''
    await expectKnown(text, email)
    await expectKnownByCode({ asked: email, used: text }, email)
  })

  it('is known by a domain in Unicode and by its A-labels alike', async () => {
    const name = unique()
    const unicode = `b\u00fccher-${name}.example`
    const { hostname } = new URL(`http://${unicode}`)
    expect(hostname).toMatch(/^xn--/)
    const { email } = await person(unicode)
    expect(email).toBe(`${LOCAL}@${hostname}`)
    await expectKnown(`${LOCAL}@${hostname}`, email)
    await expectKnown(`${LOCAL.toUpperCase()}@B\u00dcCHER-${name}.EXAMPLE`, email)
    const decomposed = `${LOCAL}@bu\u0308cher-${name}.example`
    for (const { send } of takers) expectStatus(await send(decomposed), 422, 'validation_failed')
  })

  it('is told the address back as the document says, also a rare one', async () => {
    const domain = `kiosk-${unique()}.xn--p1ai`
    const { email } = await person(domain)
    const login = await call(`${API}/auth/login`, { body: { email, password: PASSWORD } })
    expectStatus(login, 200)
    const { responses } = document.paths[`${API}/auth/login`]?.post ?? {}
    const schema = responses?.['200']?.content?.['application/json']?.schema
    expect(mismatchesOf(schema ?? {}, login.json)).toEqual([])
  })

  it('has one official address, however it is written', async () => {
    for (const write of Object.values(SAME)) {
      const domain = newDomain()
      const plain = `${LOCAL}@${domain}`
      const signup = await postSignup(signupForm({ officialEmail: write(LOCAL, domain) }))
      expectStatus(signup, 201)
      const [row] = await db
        .select()
        .from(communities)
        .where(eq(communities.id, String(signup.data.communityId)))
      expect(row?.officialEmail).toBe(plain)
      const again = await postSignup(signupForm({ officialEmail: plain }))
      expectStatus(again, 409, 'community_exists')
      expect(Object.keys(again.json.errors as object)).toEqual(['officialEmail'])
    }
  })

  it('is another one behind each plus and each dot', async () => {
    const domain = newDomain()
    const { email } = await person(domain)
    const mails = (await outboxOf(email)).length
    for (const other of [`${LOCAL}+x@${domain}`, `mirasky@${domain}`, `${LOCAL}@mail.${domain}`]) {
      const login = await call(`${API}/auth/login`, { body: { email: other, password: PASSWORD } })
      expectStatus(login, 401, 'invalid_credentials')
      expectStatus(await call(`${API}/auth/forgot-password`, { body: { email: other } }), 202)
      expect(await outboxOf(other)).toEqual([])
    }
    expect(await outboxOf(email)).toHaveLength(mails)
  })
})

describe('what is no single plain address', () => {
  it.each(Object.keys(NONE))(
    'is refused by every route, and nobody gets a mail: %s',
    async (how) => {
      const domain = newDomain()
      const { email } = await person(domain)
      const rows = await outboxOf(email)
      const text = NONE[how]?.(LOCAL, domain) ?? ''
      expect(text).not.toBe(email)
      for (const { name, send } of takers) {
        const answer = await send(text)
        const field = name.split(' ').at(-1) ?? ''
        const { status, json } = answer
        const fields = Object.keys((json.errors ?? {}) as object)
        expect({ name, status, fields }).toEqual({ name, status: 422, fields: [field] })
      }
      expect(await outboxOf(email)).toEqual(rows)
      const toEve = eq(outbox.email, 'eve@evil.example')
      expect(await db.select().from(outbox).where(and(toEve))).toEqual([])
    },
  )

  it.each(takers)('nor is anything but a text: $name', async ({ name, send }) => {
    for (const value of NO_TEXTS) {
      const { status, json } = await send(value)
      const fields = Object.keys((json.errors ?? {}) as object)
      expect({ value, status, fields }).toEqual({
        value,
        status: 422,
        fields: [name.split(' ').at(-1)],
      })
    }
  })
})

const SOURCES = import.meta.glob<string>('../../src/**/*.{ts,tsx}', {
  query: '?raw',
  import: 'default',
  eager: true,
})
const filesWith = (pattern: RegExp) =>
  Object.entries(SOURCES)
    .filter(([, text]) => pattern.test(text.replaceAll(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '')))
    .map(([name]) => name.replace('../../src/', ''))
    .sort()

/** Who changes the case of a text, and of which. */
const CASE_CHANGERS: Record<string, string> = {
  'features/admin/review-list.ts': 'how a slug or an address begins, where a reviewer searches',
  'features/audit/schemas.ts': 'ids, which an audit row holds in small letters',
  'features/dev-mail/schemas.ts': 'how the local inbox is searched',
  'features/email-domains/schemas.ts': 'how a domain begins, where an admin searches',
  'http/upload.ts': 'media types',
  'lib/breaches.ts': 'hashes',
  'lib/common-passwords.ts': 'passwords, to compare them',
  'lib/community-name.ts': 'names of communities, to compare them',
  'lib/data-url.ts': 'media types',
  'lib/email-address.ts': 'addresses: the one place',
  'lib/locale.ts': 'languages',
  'lib/media-types.ts': 'media types',
  'lib/name-of-address.ts': 'the words of a name that is made of an address',
  'lib/odd-name.ts': 'names, to judge them',
  'lib/password-policy.ts': 'passwords, to compare them',
  'lib/slug.ts': 'slugs',
}

describe('the code', () => {
  it('makes one form of an address in one place: whoever else changes the case of a text is listed', () => {
    expect(filesWith(/\.to(Locale)?(Lower|Upper)Case\(/)).toEqual(Object.keys(CASE_CHANGERS).sort())
  })

  it('takes an address through one field, which asks that place', () => {
    expect(filesWith(/\bcanonicalEmail\(/)).toEqual(
      expect.arrayContaining(['http/fields.ts', 'lib/email-address.ts']),
    )
    const bodies = Object.entries(SOURCES).filter(([name]) => name.endsWith('/schemas.ts'))
    const own = bodies.flatMap(([, text]) =>
      [...text.matchAll(/^\s*(?:email|officialEmail|newEmail):\s*(\w+)/gm)].map(([, made]) => made),
    )
    expect(own.length).toBeGreaterThan(3)
    // `form` is what the field has read, `addressView` what answers tell.
    expect([...new Set(own)].sort()).toEqual(['addressView', 'emailField', 'form'])
  })
})
