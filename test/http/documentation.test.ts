/** What readers and tools are given of the API: the document, its page, and the page's script. */
import { describe, expect, it } from 'vitest'
import { call, expectStatus } from '../support/call.ts'
import { failingAssets } from '../support/faults.ts'
import { expectEnvelope } from './expect-answer.ts'

describe('GET /docs', () => {
  it('is a page that anybody may read, with one script', async () => {
    const answer = await call('/docs')
    expectStatus(answer, 200)
    expect(answer.headers.get('Content-Type')).toMatch(/^text\/html; charset=utf-8$/i)
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
  })

  it('runs its own script alone, reaches this origin alone, and takes nothing from elsewhere', async () => {
    const nonces = new Set<string>()
    for (const answer of [await call('/docs'), await call('/docs')]) {
      const policy = answer.headers.get('Content-Security-Policy') ?? ''
      const [, nonce = ''] = /script-src 'nonce-([\w-]{20,})';/.exec(policy) ?? []
      nonces.add(nonce)
      expect(policy.split('; ')).toEqual([
        "default-src 'none'",
        `script-src 'nonce-${nonce}'`,
        "style-src 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ])
      const script = `<script nonce="${nonce}" src="/docs/script.js">`
      expect(answer.text.match(/<script[^>]*>/g)).toEqual([script])
      expect(answer.text).not.toMatch(/\bon[a-z]+="|https?:|@import|url\(|<(iframe|object|style)\b/)
    }
    expect(nonces.size).toBe(2)
  })
})

describe('GET /docs/script.js', () => {
  it('is a script that a browser keeps for an hour, and asks nobody else for anything', async () => {
    const answer = await call('/docs/script.js')
    expectStatus(answer, 200)
    expect(answer.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8')
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(answer.headers.get('Cache-Control')).toBe('public, max-age=3600')
    const ours = answer.text.slice(answer.text.lastIndexOf("Scalar.createApiReference('#docs'"))
    expect(ours).toContain("url: '/openapi.json'")
    for (const setting of [
      'telemetry: false',
      'withDefaultFonts: false',
      'persistAuth: false',
      "showDeveloperTools: 'never'",
      'agent: { disabled: true }',
      'mcp: { disabled: true }',
    ]) {
      expect(ours).toContain(setting)
    }
    expect(ours).not.toMatch(/https?:|proxyUrl/)
  })
})

describe('the files behind them', () => {
  it.each(['/openapi.json', '/docs/script.js'])(
    '%s is 503 where they cannot be read',
    async (path) => {
      for (const env of [
        failingAssets(),
        failingAssets(() => new Response('gone', { status: 404 })),
        failingAssets(() => new Response('broken', { status: 500 })),
        failingAssets(() => new Response(null, { status: 200 })),
      ]) {
        const answer = await call(path, { env })
        expectEnvelope(answer, 'unavailable')
        expect(answer.headers.get('Retry-After')).toBe('1')
        expect(answer.text).not.toMatch(/assets|gone|broken/)
      }
      expectStatus(await call(path), 200)
    },
  )

  it.each([
    '/docs.js',
    '/openapi-dev.json',
    '/index.html',
    '/docs/',
    '/docs/x.js',
    '/docs/docs.js',
  ])('have no address of their own: %s', async (path) => {
    expectEnvelope(await call(path), 'not_found')
  })

  it.each(['/openapi.json', '/docs', '/docs/script.js'])(
    '%s is read, and nothing else',
    async (path) => {
      const answer = await call(path, { method: 'POST', body: {} })
      expectEnvelope(answer, 'method_not_allowed')
      expect(answer.headers.get('Allow')).toBe('GET, HEAD')
      const env = { ...(await import('cloudflare:workers')).env, AUTH_SECRETS: '' }
      expectEnvelope(await call(path, { env }), 'unavailable')
    },
  )
})
