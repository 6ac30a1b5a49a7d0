/**
 * A file that is sent as it is, or as one field of a form (RFC 7578). Its bytes are counted as they arrive, and a form is
 * taken apart only once the whole of it is known to be small: so memory is bounded whatever is sent. What the client
 * calls the file, and of what type it says that it is, is not looked at.
 */
import { say } from '../messages/message.ts'
import { ApiError } from './errors.ts'
import { factory } from './factory.ts'
import { withBody } from './read-body.ts'

const FORM = 'multipart/form-data'
/** What boundaries, headers and other fields may add to the file. */
const FORM_EXTRA_BYTES = 64 * 1024

/**
 * Reads the file into `c.var.upload`: a body of one of `types`, or the file field `field` of a form. Throws
 * unsupported_media_type, payload_too_large beyond `maxBytes`, or validation_failed under the field's name.
 */
export const takeUpload = (field: string, types: readonly string[], maxBytes: number) =>
  factory.createMiddleware(async function takeUploadedFile(c, next) {
    const contentType = c.req.header('Content-Type') ?? ''
    const type = contentType.replace(/;.*$/s, '').trim().toLowerCase()
    const isForm = type === FORM
    if (!isForm && !types.includes(type)) {
      throw new ApiError('unsupported_media_type', { message: say('upload_type') })
    }
    await withBody(c.req.raw, isForm ? maxBytes + FORM_EXTRA_BYTES : maxBytes, async (body) => {
      const file = isForm ? await fileOf(body, contentType, field) : body
      if (file.byteLength > maxBytes) throw new ApiError('payload_too_large')
      c.set('upload', file)
      await next()
    })
  })

async function fileOf(body: Uint8Array, contentType: string, field: string): Promise<Uint8Array> {
  const headers = { 'Content-Type': contentType }
  const form = await new Response(body as Uint8Array<ArrayBuffer>, { headers }).formData().catch(
    // Whatever it stumbles over, the client sent it.
    () => undefined,
  )
  const [file, ...others] = form?.getAll(field) ?? []
  if (!(file instanceof File) || others.length > 0) {
    const message = form ? say('upload_one_file', field) : say('upload_no_form')
    throw new ApiError('validation_failed', { errors: { [field]: message } })
  }
  return new Uint8Array(await file.arrayBuffer())
}
