import * as z from 'zod'

export const logoQuery = z.object({
  v: z.string().max(100).optional().describe('Which logo it is, as `logoUrl` has it.'),
})

export const logoData = z.object({ logoUrl: z.string() })

/** For the document: a form is read by its bytes. */
export const formSchema = z.object({ logo: z.file() })
