import * as z from 'zod'
import { codeField, currentPasswordField } from '../../http/fields.ts'
import { say } from '../../messages/message.ts'

/** What a signed-in person proves a second time that it is they. */
export type Evidence = { password: string } | { code: string }

const ONE_OF_TWO = say('password_or_code')

/**
 * A body whose sender proves a second time that it is they: by the password in the field `name`, or by a code, and not by
 * both. What comes out has `evidence` in their place.
 */
export function withEvidence<Name extends 'password' | 'currentPassword', S extends z.ZodRawShape>(
  name: Name,
  shape: S,
) {
  // A computed name would make the body anything to whoever calls by its type.
  const proof = {
    [name]: currentPasswordField().optional(),
    code: codeField().optional(),
  } as Record<Name, z.ZodOptional<ReturnType<typeof currentPasswordField>>> & {
    code: z.ZodOptional<ReturnType<typeof codeField>>
  }
  return z.object({ ...proof, ...shape }).transform((body, context) => {
    const { [name]: password, code, ...rest } = body as Record<string, unknown>
    const fields = rest as z.output<z.ZodObject<S>>
    if (typeof password === 'string' && code === undefined) {
      return { ...fields, evidence: { password } satisfies Evidence as Evidence }
    }
    if (typeof code === 'string' && password === undefined) {
      return { ...fields, evidence: { code } satisfies Evidence as Evidence }
    }
    const path = [code === undefined ? name : 'code']
    context.issues.push({ code: 'custom', path, message: ONE_OF_TWO, input: code })
    return z.NEVER
  })
}
