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
  websiteField,
} from '../../http/fields.ts'
import { type Said, say } from '../../messages/message.ts'
import { checkPhone, phoneOf, profileFields } from '../communities/profile-fields.ts'
import { readLogo } from './logo.ts'

/** 3.5 MiB: a logo of 2 MiB as base64, and the rest of the form. */
export const SIGNUP_MAX_BYTES = 3.5 * 1024 * 1024

const logo = z
  .string({ error: say('logo_not_text') })
  .nullish()
  .transform((text, context) => {
    if (!text) return null
    const read = readLogo(text)
    if (read.ok) return read.logo
    context.addIssue(read.message)
    return z.NEVER
  })

const flag = z.boolean({ error: say('permission_not_flag') }).optional()

const permissions = z
  .object(
    {
      internalDashboard: flag,
      communityForum: flag,
      adminControls: flag,
      superAdmin: flag,
    },
    { error: say('permissions_not_object') },
  )
  .nullish()
  .describe('Accepted because the form sends it. Grants nothing and is not stored.')

const signupForm = z.object({
  communityName: lineField('communityName', 2, 100),
  ...profileFields,
  communityLogo: logo,
  communityWebsite: websiteField().optional(),
  officialEmail: emailField('enter_official_email'),
  firstName: optionalLine('firstName', 100),
  lastName: optionalLine('lastName', 100),
  fullName: optionalLine('name', 200),
  email: emailField('enter_email'),
  location: optionalLine('location', 200),
  password: newPasswordField().nullish().describe('May be left out with a `signupToken`.'),
  confirmPassword: repeatedPasswordField(),
  primaryRole: optionalLine('primaryRole', 50).describe('Kept as told. Grants nothing.'),
  skills: tagsField('skill', 'skills').nullish(),
  areaOfInterest: tagsField('areaOfInterest', 'areasOfInterest').nullish(),
  internalNotes: optionalText('notes', 2000),
  permissions,
  acceptTerms: z
    .literal(true, { error: say('terms') })
    .nullish()
    .describe('Submitting accepts; false is refused.'),
  locale: z
    .string({ error: say('locale_not_text') })
    .max(35)
    .nullish(),
  signupToken: z
    .string({ error: say('signup_token_not_text') })
    .trim()
    .max(512, say('signup_token_unusable'))
    .nullish()
    .describe('What `verify-otp` gave for this address: it counts as verified at once.'),
  turnstileToken: z
    .string({ error: say('turnstile_not_text') })
    .max(2048, say('turnstile_too_long'))
    .regex(/^[\x21-\x7e]*$/, say('turnstile_unusable'))
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

export const signupBody = signupForm
  .refine(hasPasswordOrToken, {
    path: ['password'],
    error: say('choose_password'),
    // Also where other fields are wrong, so that a form with gaps hears of all of them at once.
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .superRefine(checkTogether)
  .transform(toSignup)

export type Signup = z.infer<typeof signupBody>

export const signupData = z.object({
  communityId: z.uuid(),
  slug: z.string(),
  status: z.literal('pending'),
})

export const signupHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, say('idempotency_key'))
    .optional(),
})

function hasPasswordOrToken({ password, signupToken }: SignupForm): boolean {
  return password != null || Boolean(signupToken)
}

/** What only makes sense together: the two passwords, the name, the phone. */
function checkTogether(form: SignupForm, context: z.RefinementCtx): void {
  const refuse = (field: keyof SignupForm, message: Said) =>
    context.addIssue({ code: 'custom', path: [field], message })
  const { password, confirmPassword } = form
  const isRepeated = hasPasswordOrToken(form) && typeof confirmPassword === 'string'
  if (isRepeated && confirmPassword !== (password ?? '')) {
    refuse('confirmPassword', say('passwords_differ'))
  }
  if (fullNameOf(form) === '')
    refuse(form.fullName === undefined ? 'firstName' : 'fullName', say('enter_name'))
  checkPhone(form, context)
}

function fullNameOf(form: SignupForm): string {
  return form.fullName || [form.firstName, form.lastName].filter(Boolean).join(' ')
}

/** The form as the service takes it. What grants nothing is kept as the owner's profile or left behind. */
function toSignup(form: SignupForm) {
  const phone = phoneOf(form)
  const links = Object.entries(form.socialLinks ?? {}).filter(([, link]) => link !== undefined)
  return {
    community: {
      name: form.communityName,
      bio: form.communityBio,
      website: form.communityWebsite ?? null,
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
      // The web form sends empty what it has not asked for; with the token, that is none.
      password: (form.signupToken ? form.password || undefined : form.password) ?? undefined,
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
    signupToken: form.signupToken || undefined,
  }
}
