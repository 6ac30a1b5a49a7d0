import * as z from 'zod'

export const inboxQuery = z.object({
  to: z
    .string()
    .trim()
    .toLowerCase()
    .max(254)
    .transform((text) => text || undefined)
    .optional(),
})

export const inboxSchema = z.object({
  items: z.array(
    z.object({
      id: z.uuid(),
      to: z.string(),
      subject: z.string(),
      template: z.string(),
      locale: z.enum(['en', 'zh']),
      text: z.string(),
      html: z.string(),
      link: z.string().optional(),
      code: z.string().optional(),
      sentAt: z.iso.datetime({ precision: 3 }),
    }),
  ),
})
