/** People and communities for tests. Each is new: no test counts rows of another. */
import { env } from 'cloudflare:workers'
import { and, eq, isNull } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { configOf } from '../src/config.ts'
import {
  type CommunityStatus,
  communities,
  memberships,
  oneTimeTokens,
  PLATFORM_COMMUNITY_ID,
  users,
} from '../src/db/schema/index.ts'
import { loadArgon2 } from '../src/lib/argon2.ts'
import { newId } from '../src/lib/ids.ts'
import { createKeyRing } from '../src/lib/key-ring.ts'
import { createPasswords } from '../src/lib/passwords.ts'
import { deriveLinkToken } from '../src/lib/tokens.ts'
import { API, type CallOptions, call, expectStatus } from './support/call.ts'

export const db = drizzle(env.DB)
export const PASSWORD = 'Velvet-Harbour-27'

let lastNumber = 0

/** Neighbours are of different alphabets, so that no letter stands four times in a row. */
const DIGITS = ['abcdefghij', 'klmnpqrstv']

/** What `unique` gives, wherever it stands in a text. */
export const UNIQUE = /[a-np-v]+o[a-fq-z]{3}o[a-fq-z]{3}/g

/** Letters that no other call has given: a name, domain or address made of them is new and not odd. */
export function unique(): string {
  lastNumber += 1
  const number = Array.from(String(lastNumber), (digit, at) => DIGITS[at % 2]?.[Number(digit)])
  const letters = crypto
    .randomUUID()
    .slice(0, 6)
    .replace(/[0-9]/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? 'q')
  return [number.join(''), letters.slice(0, 3), letters.slice(3)].join('o')
}

export type SignupForm = ReturnType<typeof signupForm>

/** The body of the existing web form, with every field it sends. */
export function signupForm(overrides: Record<string, unknown> = {}) {
  const name = unique()
  return {
    communityName: `Circle ${name}`,
    communityBio: 'We meet each month to build things together.',
    communityLogo: '',
    communityWebsite: `https://www.${name}.example/about`,
    country: 'India',
    city: 'Pune',
    officialEmail: `hello@${name}.example`,
    phoneCode: '+91',
    phoneNumber: '98765 43210',
    contactPhone: '+919876543210',
    socialLinks: {
      twitter: '',
      linkedin: 'https://www.linkedin.com/company/circle',
      instagram: '',
      github: '',
      facebook: '',
    },
    firstName: 'Mira',
    lastName: 'Rao',
    email: `mira@${name}.example`,
    location: 'Pune, India',
    password: PASSWORD,
    confirmPassword: PASSWORD,
    primaryRole: 'ORGANISER',
    skills: ['Events'],
    areaOfInterest: ['Open source'],
    internalNotes: '',
    permissions: {
      internalDashboard: true,
      communityForum: true,
      adminControls: true,
      superAdmin: true,
    },
    ...overrides,
  }
}

export function postSignup(form: object, options: CallOptions = {}) {
  return call(`${API}/auth/signup-community`, { ...options, body: form })
}

export interface SignedUp {
  communityId: string
  slug: string
  email: string
  password: string
  form: SignupForm
}

/** A pending community whose owner has not proven the mailbox yet. */
export async function signedUp(overrides: Record<string, unknown> = {}): Promise<SignedUp> {
  const form = signupForm(overrides)
  const answer = await postSignup(form)
  expectStatus(answer, 201)
  const { communityId, slug } = answer.data as { communityId: string; slug: string }
  return { communityId, slug, email: form.email, password: form.password, form }
}

/** The token of a community's living verification link, derived as the mail does it. */
export async function linkTokenOf(communityId: string): Promise<string> {
  const rows = await db
    .select()
    .from(oneTimeTokens)
    .where(
      and(
        eq(oneTimeTokens.communityId, communityId),
        eq(oneTimeTokens.purpose, 'verify_email'),
        isNull(oneTimeTokens.usedAt),
      ),
    )
  const [row] = rows
  if (!row) throw new Error('this community has no living link')
  const keys = createKeyRing(configOf(env).authSecrets)
  return deriveLinkToken(keys, 'link.verify_email', row.id, row.keyVersion) ?? ''
}

export function postVerification(token: unknown, options: CallOptions = {}) {
  return call(`${API}/auth/verify-email`, { ...options, body: { token } })
}

export async function verified(overrides: Record<string, unknown> = {}): Promise<SignedUp> {
  const signup = await signedUp(overrides)
  expectStatus(await postVerification(await linkTokenOf(signup.communityId)), 200)
  return signup
}

/** A verified owner whose community has this status. */
export async function ownerIn(
  status: CommunityStatus,
  overrides: Record<string, unknown> = {},
): Promise<SignedUp> {
  const signup = await verified(overrides)
  await db.update(communities).set({ status }).where(eq(communities.id, signup.communityId))
  return signup
}

export function postLogin(body: object, options: CallOptions = {}) {
  return call(`${API}/auth/login`, { ...options, body })
}

/** Logs in and gives the access token; both tokens in the body. */
export async function accessTokenOf(person: { email: string; password: string }): Promise<string> {
  const { email, password } = person
  const answer = await postLogin({ email, password, tokenTransport: 'body' })
  expectStatus(answer, 200)
  return String(answer.data.accessToken)
}

/** A new admin with an access token. */
export async function admin(): Promise<{ id: string; email: string; token: string }> {
  const id = newId(Date.now())
  const email = `admin-${unique()}@gatehouse.example`
  const { passwordPeppers } = configOf(env)
  const passwords = createPasswords({ argon2: loadArgon2, peppers: passwordPeppers })
  const now = Date.now()
  await db.batch([
    db.insert(users).values({
      id,
      email,
      passwordHash: await passwords.hash(PASSWORD),
      fullName: 'Ada Admin',
      communityId: PLATFORM_COMMUNITY_ID,
      emailVerifiedAt: now,
      createdAt: now,
    }),
    db.insert(memberships).values({
      userId: id,
      communityId: PLATFORM_COMMUNITY_ID,
      role: 'Admin',
      createdAt: now,
    }),
  ])
  return { id, email, token: await accessTokenOf({ email, password: PASSWORD }) }
}

export async function communityRow(id: string) {
  const rows = await db.select().from(communities).where(eq(communities.id, id))
  return rows[0]
}
