import { describe, expect, it } from 'vitest'
import { readLogo } from '../../../src/features/signup/logo.ts'
import { render } from '../../../src/messages/message.ts'
import { makePng, toDataUrl } from '../../lib/image-samples.ts'

describe('the logo in the signup form', () => {
  it('is judged by its content and refused with a reason', () => {
    const png = makePng(8, 8)
    expect(readLogo(toDataUrl('image/png', png))).toMatchObject({
      ok: true,
      logo: { type: 'image/png' },
    })
    const messageOf = (bytes: Uint8Array) => {
      const read = readLogo(toDataUrl('image/png', bytes))
      return read.ok ? undefined : render(read.message, 'en')
    }
    expect(messageOf(png.slice(0, -4))).toBe('The logo is damaged. Export the picture again.')
    expect(messageOf(makePng(4097, 1))).toBe('The logo can have at most 4,096 pixels a side.')
    expect(messageOf(new Uint8Array(2 * 1024 * 1024 + 1))).toBe('The logo can have at most 2 MiB.')
    expect(messageOf(new TextEncoder().encode('GIF89a'))).toContain('PNG, JPEG or WebP')
  })
})
