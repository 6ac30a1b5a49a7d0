/** The body of the existing web form, field by field. Unknown fields are dropped; permissions and primaryRole grant nothing. */
import * as z from 'zod'
import {
  emailField,
  lineField,
  newPasswordField,
  optionalLine,
  optionalText,
  repeatedPasswordField,
  tagsField,
  textField,
} from '../../http/fields.ts'
import { isTimeZone } from '../../lib/locale.ts'
import { parseContactPhone } from '../../lib/phone.ts'
import { parseSocialLink, parseWebsite } from '../../lib/website.ts'
import { readLogo } from './logo.ts'

/** 3.5 MiB: a logo of 2 MiB as base64, and the rest of the form. */
export const SIGNUP_MAX_BYTES = 3.5 * 1024 * 1024

const SOCIAL_NETWORKS = [
  'twitter',
  'linkedin',
  'instagram',
  'github',
  'facebook',
  'discord',
  'youtube',
] as const

const website = z
  .string({ error: 'Enter the address of your website as text.' })
  .max(2048, 'The address of your website is too long.')
  .nullish()
  .transform((text, context) => {
    if (!text?.trim()) return null
    const parsed = parseWebsite(text.trim())
    if (parsed) return parsed
    context.addIssue('Enter the full address of your website, like https://example.org.')
    return z.NEVER
  })

const socialLink = (network: string) =>
  z
    .string({ error: `Enter the ${network} link as text.` })
    .max(300, `The ${network} link is too long.`)
    .nullish()
    .transform((text, context) => {
      if (!text?.trim()) return undefined
      const link = parseSocialLink(text.trim())
      if (link !== undefined) return link
      context.addIssue(`Enter the full ${network} link, starting with https://.`)
      return z.NEVER
    })

const socialLinks = z
  .object(
    Object.fromEntries(SOCIAL_NETWORKS.map((network) => [network, socialLink(network)])) as Record<
      (typeof SOCIAL_NETWORKS)[number],
      ReturnType<typeof socialLink>
    >,
    { error: 'Send the social links as an object.' },
  )
  .nullish()

const logo = z
  .string({ error: 'Send the logo as a data: URL.' })
  .nullish()
  .transform((text, context) => {
    if (!text) return null
    const read = readLogo(text)
    if (read.ok) return read.logo
    context.addIssue(read.message)
    return z.NEVER
  })

const flag = z.boolean({ error: 'Send each permission as true or false.' }).optional()

const permissions = z
  .object(
    {
      internalDashboard: flag,
      communityForum: flag,
      adminControls: flag,
      superAdmin: flag,
    },
    { error: 'Send the permissions as an object of true and false.' },
  )
  .nullish()
  .describe('Accepted because the form sends it. Grants nothing and is not stored.')

const signupForm = z.object({
  communityName: lineField('The community name', 2, 100),
  communityBio: textField('The description of your community', 10, 1000),
  communityLogo: logo,
  communityWebsite: website,
  country: lineField('The country', 1, 100),
  city: lineField('The city', 1, 100),
  officialEmail: emailField("your community's official email address"),
  phoneCode: optionalLine('The dialling code', 10),
  phoneNumber: optionalLine('The phone number', 40),
  contactPhone: optionalLine('The phone number', 50),
  socialLinks,
  firstName: optionalLine('The first name', 100),
  lastName: optionalLine('The last name', 100),
  fullName: optionalLine('The name', 200),
  email: emailField('your email address'),
  location: optionalLine('The location', 200),
  password: newPasswordField(),
  confirmPassword: repeatedPasswordField(),
  primaryRole: optionalLine('The role', 50).describe('Kept as told. Grants nothing.'),
  skills: tagsField('skills').nullish(),
  areaOfInterest: tagsField('areas of interest').nullish(),
  internalNotes: optionalText('The notes', 2000),
  permissions,
  timezone: z
    .string({ error: 'Send the time zone as text.' })
    .nullish()
    .refine((text) => !text || isTimeZone(text), 'Use an IANA time zone, like Europe/Paris.'),
  acceptTerms: z
    .literal(true, { error: 'Please accept the terms to sign up.' })
    .nullish()
    .describe('Submitting accepts; false is refused.'),
  locale: z.string({ error: 'Send the language as text.' }).max(35).nullish(),
  turnstileToken: z
    .string({ error: 'Send the Turnstile token as text.' })
    .max(2048, 'The Turnstile token is too long.')
    .regex(/^[\x21-\x7e]*$/, 'This is not a Turnstile token.')
    .nullish()
    .describe('What the Turnstile widget gave. Needed only where the deployment asks for it.'),
})

/** As the web form sends it. */
export const signupExample = {
  communityName: 'Apex Circle',
  communityBio: 'We meet each month and build things.',
  communityLogo: '',
  communityWebsite: 'https://apexcircle.org',
  country: 'India',
  city: 'Pune',
  officialEmail: 'hello@apexcircle.org',
  phoneCode: '+91',
  phoneNumber: '9876543210',
  contactPhone: '+919876543210',
  socialLinks: { twitter: '', linkedin: '', instagram: '', github: '', facebook: '' },
  firstName: 'Mira',
  lastName: 'Rao',
  email: 'mira@apexcircle.org',
  location: 'Pune',
  password: 'Velvet-Harbour-27',
  confirmPassword: 'Velvet-Harbour-27',
  primaryRole: 'ORGANISER',
  skills: [],
  areaOfInterest: [],
  internalNotes: '',
  permissions: {
    internalDashboard: true,
    communityForum: true,
    adminControls: true,
    superAdmin: true,
  },
}

type SignupForm = z.infer<typeof signupForm>

export const signupBody = signupForm.superRefine(checkTogether).transform(toSignup)

export type Signup = z.infer<typeof signupBody>

export const signupData = z.object({
  communityId: z.uuid(),
  slug: z.string(),
  status: z.literal('pending'),
})

export const signupHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'Use 1 to 255 visible ASCII characters as Idempotency-Key.')
    .optional(),
})

/** What only makes sense together: the two passwords, the name, the phone. */
function checkTogether(form: SignupForm, context: z.RefinementCtx): void {
  const refuse = (field: keyof SignupForm, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message })
  if (typeof form.confirmPassword === 'string' && form.confirmPassword !== form.password) {
    refuse('confirmPassword', 'The two passwords differ.')
  }
  if (fullNameOf(form) === '')
    refuse(form.fullName === undefined ? 'firstName' : 'fullName', 'Enter your name.')
  if (!phoneOf(form).ok) {
    refuse(
      form.phoneNumber ? 'phoneNumber' : 'contactPhone',
      'Enter the phone number with its country code, like +44 20 7946 0000.',
    )
  }
}

function fullNameOf(form: SignupForm): string {
  return form.fullName || [form.firstName, form.lastName].filter(Boolean).join(' ')
}

function phoneOf(form: SignupForm) {
  return parseContactPhone(form.contactPhone ?? '', form.phoneCode ?? '', form.phoneNumber ?? '')
}

/** The form as the service takes it. What grants nothing is kept as the owner's profile or left behind. */
function toSignup(form: SignupForm) {
  const phone = phoneOf(form)
  const links = Object.entries(form.socialLinks ?? {}).filter(([, link]) => link !== undefined)
  return {
    community: {
      name: form.communityName,
      bio: form.communityBio,
      website: form.communityWebsite,
      country: form.country,
      city: form.city,
      officialEmail: form.officialEmail,
      contactPhone: phone.ok ? phone.e164 : null,
      socialLinks: Object.fromEntries(links) as Record<string, string>,
      timezone: form.timezone || null,
    },
    logo: form.communityLogo,
    owner: {
      email: form.email,
      fullName: fullNameOf(form),
      password: form.password,
      profile: {
        location: form.location || undefined,
        primaryRole: form.primaryRole || undefined,
        skills: form.skills ?? [],
        areaOfInterest: form.areaOfInterest ?? [],
        internalNotes: form.internalNotes || undefined,
      },
    },
    locale: form.locale ?? undefined,
    turnstileToken: form.turnstileToken ?? undefined,
  }
}
