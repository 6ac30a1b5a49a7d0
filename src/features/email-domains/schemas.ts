import * as z from 'zod'
import { EMAIL_DOMAIN_VERDICTS } from '../../db/schema/index.ts'
import { pageFieldsBy, pageSchema } from '../../http/paging.ts'
import { canonicalDomain, DOMAIN_MAX_LENGTH } from '../../lib/email-address.ts'
import { say } from '../../messages/message.ts'

const verdictField = z.enum(EMAIL_DOMAIN_VERDICTS, {
  error: say('choose_one_of', EMAIL_DOMAIN_VERDICTS.join(', ')),
})
const PREFIX = say('domain_prefix')
const DOMAIN = say('domain_whole')

/** Comes out canonical: A-labels, lower case. */
export const domainParam = z.object({
  domain: z
    .string()
    .transform((text, context) => {
      const domain = canonicalDomain(text.trim())
      if (domain !== undefined) return domain
      context.addIssue(DOMAIN)
      return z.NEVER
    })
    .describe('The domain, in any case, in Unicode or as A-labels.'),
})

export const listQuery = z.object({
  ...pageFieldsBy((text) => canonicalDomain(text) === text),
  q: z
    .string({ error: PREFIX })
    .max(DOMAIN_MAX_LENGTH, PREFIX)
    .transform((text) => canonicalDomain(text.trim()) ?? text.trim().toLowerCase())
    .refine((text) => /^[a-z0-9.-]*$/.test(text), PREFIX)
    .describe('How the domain begins.')
    .optional(),
  verdict: verdictField.optional(),
})

export const verdictBody = z.object({ verdict: verdictField })

export const emailDomainSchema = z.object({
  domain: z.string(),
  verdict: z.enum(EMAIL_DOMAIN_VERDICTS),
  decidedBy: z.uuid().nullable(),
  decidedAt: z.iso.datetime().nullable(),
})

export const emailDomainsData = pageSchema(emailDomainSchema)
export const emailDomainData = z.object({ domain: emailDomainSchema })
