import { exportJWK, generateKeyPair } from 'jose'

/** Fresh random secrets for a laptop, a test run or a first deployment, as parseConfig reads them. Never reused, never committed. */
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const randomSecret = (): string => base64(crypto.getRandomValues(new Uint8Array(32)))

export async function localSecrets(): Promise<Record<string, string>> {
  return {
    AUTH_SECRETS: `1:${randomSecret()}`,
    PASSWORD_PEPPERS: `1:${randomSecret()}`,
    LOOKUP_SECRET: randomSecret(),
    JWT_PRIVATE_KEYS: JSON.stringify({ keys: [await newSigningKey()] }),
    MAIL_API_KEY: '',
  }
}

async function newSigningKey(): Promise<Record<string, string | undefined>> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const { kty, crv, x, y, d } = await exportJWK(privateKey)
  return { kty, crv, kid: crypto.randomUUID(), x, y, d }
}
