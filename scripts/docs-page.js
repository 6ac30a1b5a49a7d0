/**
 * Runs after Scalar's bundle in the page at /docs. Nothing is asked of anybody but this origin: no font, no proxy, no
 * telemetry, no assistant. What a login answers is kept while the page is open, and goes along with what is tried next.
 */
/* global Scalar */
{
  let accessToken
  let csrfToken

  Scalar.createApiReference('#docs', {
    url: '/openapi.json',
    servers: [{ url: location.origin }],
    authentication: { preferredSecurityScheme: 'bearer' },
    telemetry: false,
    withDefaultFonts: false,
    persistAuth: false,
    showDeveloperTools: 'never',
    hideClientButton: true,
    hideModels: true,
    agent: { disabled: true },
    mcp: { disabled: true },
    onRequestBuilt({ request }) {
      const { headers } = request
      // A token that somebody typed in goes first; an empty one would only hide the cookies.
      if (/^Bearer \S/.test(headers.get('Authorization') ?? '')) return
      headers.delete('Authorization')
      if (accessToken) headers.set('Authorization', `Bearer ${accessToken}`)
      else if (csrfToken) headers.set('X-CSRF-Token', csrfToken)
    },
    async onResponseReceived({ response }) {
      const { data } = (await response.json().catch(() => undefined)) ?? {}
      accessToken = data?.accessToken ?? accessToken
      csrfToken = data?.csrfToken ?? csrfToken
    },
  })
}
