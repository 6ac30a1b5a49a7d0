/** What a community tells of itself, as the signup form and the owner's changes send it: one set of rules for both. */
import * as z from 'zod'
import { lineField, optionalLine, textField } from '../../http/fields.ts'
import { isTimeZone } from '../../lib/locale.ts'
import { type ContactPhone, parseContactPhone } from '../../lib/phone.ts'
import { parseSocialLink } from '../../lib/website.ts'
import { say } from '../../messages/message.ts'

const SOCIAL_NETWORKS = [
  'twitter',
  'linkedin',
  'instagram',
  'github',
  'facebook',
  'discord',
  'youtube',
] as const

const socialLink = (network: string) =>
  z
    .string({ error: say('social_link_not_text', network) })
    .max(300, say('social_link_too_long', network))
    .nullish()
    .transform((text, context) => {
      if (!text?.trim()) return undefined
      const link = parseSocialLink(text.trim())
      if (link !== undefined) return link
      context.addIssue(say('social_link_unusable', network))
      return z.NEVER
    })

const socialLinks = z
  .object(
    Object.fromEntries(SOCIAL_NETWORKS.map((network) => [network, socialLink(network)])) as Record<
      (typeof SOCIAL_NETWORKS)[number],
      ReturnType<typeof socialLink>
    >,
    { error: say('social_links_not_object') },
  )
  .nullish()

export const profileFields = {
  communityBio: textField('communityBio', 10, 1000),
  country: lineField('country', 1, 100),
  city: lineField('city', 1, 100),
  phoneCode: optionalLine('dialling', 10),
  phoneNumber: optionalLine('phone', 40),
  contactPhone: optionalLine('phone', 50),
  socialLinks,
  timezone: z
    .string({ error: say('timezone_not_text') })
    .nullish()
    .refine((text) => !text || isTimeZone(text), say('timezone_unusable')),
}

interface PhoneFields {
  contactPhone?: string | undefined
  phoneCode?: string | undefined
  phoneNumber?: string | undefined
}

export function phoneOf({ contactPhone, phoneCode, phoneNumber }: PhoneFields): ContactPhone {
  return parseContactPhone(contactPhone ?? '', phoneCode ?? '', phoneNumber ?? '')
}

/** Refuses, under the field that was filled in, what makes no number. */
export function checkPhone(form: PhoneFields, context: z.RefinementCtx): void {
  if (phoneOf(form).ok) return
  const field: keyof PhoneFields = form.phoneNumber ? 'phoneNumber' : 'contactPhone'
  context.addIssue({ code: 'custom', path: [field], message: say('phone_unusable') })
}
