import { describe, expect, it } from 'vitest'
import { parseImageDataUrl } from '../../src/lib/data-url.ts'
import { inspectImage } from '../../src/lib/image.ts'
import { expectQuick } from './hostile.ts'
import { makePng, toDataUrl } from './image-samples.ts'

const PNG = makePng(2, 2)

describe('parseImageDataUrl works', () => {
  it.each([
    ['image/png', 'image/png'],
    ['IMAGE/PNG', 'image/png'],
    ['image/jpg', 'image/jpeg'],
    ['image/svg+xml', 'image/svg+xml'],
    ['image/vnd.microsoft.icon', 'image/vnd.microsoft.icon'],
  ])('reads the bytes of a data: URL that says %s', (type, declaredType) => {
    expect(parseImageDataUrl(toDataUrl(type, PNG))).toEqual({ bytes: PNG, declaredType })
  })

  it('reads each length of padding and every byte', () => {
    for (const length of [1, 2, 3, 4, 255, 256]) {
      const bytes = Uint8Array.from({ length }, (_, index) => index)
      expect(parseImageDataUrl(toDataUrl('image/png', bytes))?.bytes).toEqual(bytes)
    }
  })

  it('leaves what the picture is to its content', () => {
    const { bytes, declaredType } = parseImageDataUrl(toDataUrl('image/webp', PNG)) ?? {}
    expect(declaredType).toBe('image/webp')
    expect(bytes && inspectImage(bytes)).toMatchObject({ type: 'image/png' })
  })
})

describe('parseImageDataUrl refuses', () => {
  it.each([
    '',
    'data:',
    'data:,',
    'data:image/png;base64,',
    'data:image/png;base64',
    'data:image/png,AAAA',
    'data:;base64,AAAA',
    'data:text/html;base64,AAAA',
    'data:image/;base64,AAAA',
    'data:image/png;charset=utf-8;base64,AAAA',
    'data:image/png;base64;x=y,AAAA',
    'data:image/png;base64, AAAA',
    'data:image/png;base64,AAAA ',
    'data:image/png;base64,AA AA',
    'data:image/png;base64,AA\nAA',
    'data:image/png;base64,AAA',
    'data:image/png;base64,AA',
    'data:image/png;base64,AA=',
    'data:image/png;base64,AA===',
    'data:image/png;base64,AA==AAAA',
    'data:image/png;base64,AB==',
    'data:image/png;base64,====',
    'data:image/png;base64,AA-_',
    'data:image/png;base64,%41AAA',
    'data:image/png;base64,AAA\u0100',
    ' data:image/png;base64,AAAA',
    'x\ndata:image/png;base64,AAAA',
    'https://evil.example/data:image/png;base64,AAAA',
    `data:image/${'a'.repeat(50)};base64,AAAA`,
  ])('%j', (text) => {
    expect(parseImageDataUrl(text)).toBeUndefined()
  })
})

describe('parseImageDataUrl is safe', () => {
  it('takes milliseconds for the largest body, right or wrong', () => {
    const largest = toDataUrl('image/png', new Uint8Array(2.5 * 1024 * 1024))
    expectQuick(() => {
      expect(parseImageDataUrl(largest)?.bytes.length).toBe(2.5 * 1024 * 1024)
      expect(parseImageDataUrl(`${largest}!`)).toBeUndefined()
      expect(parseImageDataUrl(`data:image/${'a'.repeat(3_000_000)}`)).toBeUndefined()
    }, 200)
  })
})
