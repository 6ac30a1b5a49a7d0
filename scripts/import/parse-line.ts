/**
 * One line of an import: parsed and judged by the rules of signup, before any database is asked. A community is judged
 * by the signup form's own schema, so that no rule stands twice. No I/O, no clock. A reason never repeats a value of the
 * line: it may be a password hash.
 */
import * as z from 'zod'
import { type CommunityStatus, ROLES } from '../../src/db/schema/index.ts'
import { signupBody } from '../../src/features/signup/schemas.ts'
import { emailField, lineField } from '../../src/http/fields.ts'
import { parseArgon2Phc } from '../../src/lib/argon2-phc.ts'
import { parseBcrypt } from '../../src/lib/bcrypt.ts'
import { communityNameKey } from '../../src/lib/community-name.ts'
import { canonicalEmail } from '../../src/lib/email-address.ts'
import { type Locale, pickLocale } from '../../src/lib/locale.ts'
import { isReservedSlug, slugBase } from '../../src/lib/slug.ts'
import { wordsOf } from '../../src/messages/message.ts'

export interface CommunityRecord {
  type: 'community'
  name: string
  nameKey: string
  slugBase: string
  /** The slug was given: it is kept exactly or the line is refused. */
  isSlugFixed: boolean
  bio: string
  country: string
  city: string
  officialEmail: string
  website: string | null
  domain: string | null
  contactPhone: string | null
  timezone: string | null
  socialLinks: Record<string, string>
  status: Extract<CommunityStatus, 'approved' | 'active'>
}

export interface UserRecord {
  type: 'user'
  /** What names the community: its name key or its official address; the other is null. */
  nameKey: string | null
  officialEmail: string | null
  email: string
  fullName: string
  role: Exclude<(typeof ROLES)[number], 'Admin'>
  locale: Locale
  passwordHash: string | null
  /** ms UTC; null where the line does not tell. */
  createdAt: number | null
}

export type ImportRecord = CommunityRecord | UserRecord

export type ParsedLine = { ok: true; record: ImportRecord } | { ok: false; reason: string }

const SHOWN_ISSUES = 5
/** Fields of a community by their names in the signup form. */
const FORM_FIELDS = {
  name: 'communityName',
  bio: 'communityBio',
  country: 'country',
  city: 'city',
  officialEmail: 'officialEmail',
  website: 'communityWebsite',
  contactPhone: 'contactPhone',
  timezone: 'timezone',
  socialLinks: 'socialLinks',
} as const
const MEMBER_ROLES = ROLES.filter((role) => role !== 'Admin')

const slug = z
  .string({ error: 'Give the slug as text.' })
  .nullish()
  .refine(
    (text) => text == null || (slugBase(text) === text && !isReservedSlug(text)),
    'Use small letters, digits and single dashes, 60 at most, and no reserved word.',
  )

const communityLine = z.strictObject({
  type: z.literal('community'),
  ...(Object.fromEntries(
    Object.keys(FORM_FIELDS).map((field) => [field, z.unknown().optional()]),
  ) as Record<keyof typeof FORM_FIELDS, z.ZodOptional<z.ZodUnknown>>),
  slug,
  status: z.enum(['approved', 'active'], { error: 'Use approved or active.' }).default('approved'),
})

const passwordHash = z
  .string({ error: 'Give the hash as text, or null for a person who will set a password.' })
  .nullable()
  .refine(
    (text) => text === null || isImportable(text),
    'This hash cannot be read. It must be bcrypt ($2a$, $2b$, $2y$, cost 4 to 14) or argon2id or argon2i (PHC string, up to 64 MiB, 10 passes, 16 lanes).',
  )

const createdAt = z.iso
  .datetime({ offset: true, error: 'Use a moment like 2019-04-01T12:00:00Z.' })
  .nullish()
  .transform((text) => (text == null ? null : Date.parse(text)))

const userLine = z.strictObject({
  type: z.literal('user'),
  community: z
    .string({ error: 'Name the community, or give its official email address.' })
    .trim()
    .min(1, 'Name the community, or give its official email address.')
    .max(300, 'This is too long for the name of a community.'),
  email: emailField('enter_email'),
  fullName: lineField('name', 1, 200),
  role: z
    .enum(MEMBER_ROLES, {
      error: 'Use CommunityOwner, Moderator or Member. Admins are made by admin:create.',
    })
    .default('Member'),
  locale: z.string({ error: 'Give the language as text.' }).max(35, 'Too long.').nullish(),
  passwordHash,
  createdAt,
  emailVerified: z.literal(true, {
    error: 'Must be true: only people whose address the old system verified are imported.',
  }),
})

/** The record of a line, or why it is refused. `now` in ms UTC: nobody was made after it. */
export function parseLine(text: string, now: number): ParsedLine {
  const line = readObject(text)
  if (line === undefined) return { ok: false, reason: 'This is not one JSON object.' }
  switch (line.type) {
    case 'community':
      return parseCommunity(line)
    case 'user':
      return parseUser(line, now)
    default:
      return { ok: false, reason: 'type: Use community or user.' }
  }
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch (error) {
    // Its message repeats a part of the line.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function parseCommunity(line: Record<string, unknown>): ParsedLine {
  const own = communityLine.safeParse(line)
  const form = signupBody.safeParse(toForm(line))
  const issues = [...(own.error?.issues ?? []), ...communityIssues(form.error?.issues ?? [])]
  if (!own.success || !form.success) return refused(issues)
  const { website, name, ...community } = form.data.community
  const fixed = own.data.slug ?? undefined
  const record: CommunityRecord = {
    type: 'community',
    name,
    ...community,
    nameKey: communityNameKey(name),
    slugBase: fixed ?? slugBase(name),
    isSlugFixed: fixed !== undefined,
    website: website?.url ?? null,
    domain: website?.domain ?? null,
    status: own.data.status,
  }
  return { ok: true, record }
}

/** What the form would send, with an owner who is valid whenever the community is. */
function toForm(line: Record<string, unknown>): Record<string, unknown> {
  const fields = Object.entries(FORM_FIELDS).map(([own, form]) => [form, line[own]])
  const owner = { email: line.officialEmail, fullName: 'Owner', password: '' }
  return { ...Object.fromEntries(fields), ...owner }
}

/** The form's issues under our own names; those of the invented owner repeat one that is there. */
function communityIssues(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const names = new Map<unknown, string>(
    Object.entries(FORM_FIELDS).map(([own, form]) => [form, own]),
  )
  return issues.flatMap((issue) => {
    const name = names.get(issue.path[0])
    return name === undefined ? [] : [{ ...issue, path: [name] }]
  })
}

function parseUser(line: Record<string, unknown>, now: number): ParsedLine {
  const parsed = userLine.safeParse(line)
  if (!parsed.success) return refused(parsed.error.issues)
  const { community, locale, emailVerified: _, ...user } = parsed.data
  if (user.createdAt !== null && user.createdAt > now) {
    return { ok: false, reason: 'createdAt: This moment lies in the future.' }
  }
  const officialEmail = canonicalEmail(community) ?? null
  const nameKey = officialEmail === null ? communityNameKey(community) : null
  const language = pickLocale(locale ?? undefined, undefined)
  return { ok: true, record: { ...user, nameKey, officialEmail, locale: language } }
}

/** Does `verify` read it, and was it made elsewhere? A `keyid` would claim a pepper of ours. */
function isImportable(text: string): boolean {
  return parseBcrypt(text) !== undefined || parseArgon2Phc(text)?.pepperVersion === 0
}

function refused(issues: readonly z.core.$ZodIssue[]): ParsedLine {
  const reasons = new Set(issues.map(toReason))
  return { ok: false, reason: [...reasons].slice(0, SHOWN_ISSUES).join(' ') }
}

function toReason(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    // Names of fields only; anything else might be a value that slipped.
    const names = issue.keys.filter((key) => /^[A-Za-z_]{1,30}$/.test(key))
    return ['Has a field that is not known', names.join(', ')]
      .filter(Boolean)
      .join(': ')
      .concat('.')
  }
  const words = wordsOf(issue.message, 'en') ?? issue.message
  return issue.path.length > 0 ? `${issue.path.join('.')}: ${words}` : words
}
