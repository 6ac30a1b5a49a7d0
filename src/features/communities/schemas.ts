import * as z from 'zod'
import { say } from '../../messages/message.ts'
import { withEvidence } from '../passwords/evidence.ts'
import { checkPhone, phoneOf, profileFields } from './profile-fields.ts'

const { communityBio, country, city, ...optional } = profileFields

const profileForm = z.object({
  communityBio: communityBio.optional(),
  country: country.optional(),
  city: city.optional(),
  ...optional,
})

/** Name, official address and website were reviewed; only a reviewer changes them. */
export const profileBody = profileForm
  .superRefine(checkPhone)
  .superRefine((form, context) => {
    // A number that cannot be read is told of already.
    if (!phoneOf(form).ok || Object.values(toChange(form)).some((value) => value !== undefined))
      return
    const [named = 'communityBio'] = Object.keys(form)
    context.addIssue({ code: 'custom', path: [named], message: say('profile_empty') })
  })
  .transform(toChange)

export type ProfileChange = z.output<typeof profileBody>

export const profileExample = {
  communityBio: 'We meet each month and build things.',
  city: 'Pune',
  contactPhone: '+919876543210',
  socialLinks: { github: 'https://github.com/apexcircle', twitter: '' },
}

export const closeBody = withEvidence('password', {})

/** What was named; null for what is taken away. Of the links each is one of its own. */
function toChange(form: z.output<typeof profileForm>) {
  const isNamed = (field: keyof typeof form) => Object.hasOwn(form, field)
  const phone = phoneOf(form)
  const isPhoneNamed = isNamed('contactPhone') || isNamed('phoneNumber')
  const links = Object.entries(form.socialLinks ?? {}).map(([name, link]) => [name, link ?? null])
  return {
    communityBio: form.communityBio,
    country: form.country,
    city: form.city,
    timezone: isNamed('timezone') ? form.timezone || null : undefined,
    contactPhone: isPhoneNamed && phone.ok ? phone.e164 : undefined,
    socialLinks:
      links.length > 0 ? (Object.fromEntries(links) as Record<string, string | null>) : undefined,
  }
}
