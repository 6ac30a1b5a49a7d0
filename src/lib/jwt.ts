/**
 * Access tokens: JWT, ES256, `typ: at+jwt` (RFC 9068), checked with every claim pinned (RFC 8725). The first key of
 * JWT_PRIVATE_KEYS signs, each verifies by its `kid`. A token we did not make for this issuer and audience is never
 * accepted, whatever its header asks for.
 */
import {
  type CryptoKey,
  errors,
  importJWK,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'

const ALGORITHM = 'ES256'
const TYPE = 'at+jwt'
/** Clocks of two machines may differ by so much. */
const CLOCK_TOLERANCE_SECONDS = 5
const MAX_TOKEN_LENGTH = 4096
/**
 * An ES256 signature in its one spelling: 64 bytes fill 85 characters and two bits of the last, whose other four are
 * zero. Decoders let those pass with any value (RFC 4648 §3.5), so one token would have sixteen texts.
 */
const SIGNATURE = /\.[A-Za-z0-9_-]{85}[AQgw]$/
/** Ten years, the most that configuration allows: beyond it a time is no time (milliseconds, 1e400). */
const MAX_LIFETIME_SECONDS = 315_360_000

export interface SigningKey extends JWK {
  kid: string
}

export interface AccessClaims {
  /** User id. */
  sub: string
  /** Session id. */
  sid: string
  /** Community id. */
  cid: string
  role: string
}

export interface JwtSettings {
  issuer: string
  audience: string
  keys: readonly [SigningKey, ...SigningKey[]]
}

export type VerifiedAccess =
  | { ok: true; claims: AccessClaims }
  /** Nothing but its time is wrong with it: enough to log out with. */
  | { ok: false; reason: 'expired'; claims: AccessClaims }
  | { ok: false; reason: 'invalid' }

/** Signs an access token that lives `ttlSeconds` from `now` (ms UTC). `jti` is a fresh id. */
export async function signAccessToken(
  settings: JwtSettings,
  claims: AccessClaims,
  issued: { now: number; ttlSeconds: number; jti: string },
): Promise<string> {
  const [key] = settings.keys
  const issuedAt = Math.floor(issued.now / 1000)
  return new SignJWT({ sid: claims.sid, cid: claims.cid, role: claims.role })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: key.kid })
    .setIssuer(settings.issuer)
    .setAudience(settings.audience)
    .setSubject(claims.sub)
    .setJti(issued.jti)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + issued.ttlSeconds)
    .sign(await importKey(key))
}

/** Checks signature, algorithm, type, issuer, audience, times and the presence of every claim. Never throws for a bad token. */
export async function verifyAccessToken(
  settings: JwtSettings,
  token: string,
  now: number,
): Promise<VerifiedAccess> {
  if (token.length > MAX_TOKEN_LENGTH || !SIGNATURE.test(token)) {
    return { ok: false, reason: 'invalid' }
  }
  try {
    const { payload } = await jwtVerify(
      token,
      async (header) => {
        const key = settings.keys.find((candidate) => candidate.kid === header.kid)
        if (!key) throw new errors.JWKSNoMatchingKey()
        return importKey(publicPart(key))
      },
      {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: settings.issuer,
        audience: settings.audience,
        requiredClaims: ['exp', 'iat', 'sub', 'sid', 'cid', 'role', 'jti'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now),
      },
    )
    const claims = claimsOf(payload, now)
    return claims ? { ok: true, claims } : { ok: false, reason: 'invalid' }
  } catch (error) {
    // jose looks at `exp` after the signature and every other claim.
    if (error instanceof errors.JWTExpired) {
      const claims = claimsOf(error.payload, now)
      return claims ? { ok: false, reason: 'expired', claims } : { ok: false, reason: 'invalid' }
    }
    if (error instanceof errors.JOSEError || error instanceof TypeError) {
      return { ok: false, reason: 'invalid' }
    }
    throw error
  }
}

function claimsOf(payload: JWTPayload, now: number): AccessClaims | undefined {
  const { sub, sid, cid, role, jti } = payload
  const areTexts = [sub, sid, cid, role, jti].every((text) => typeof text === 'string' && text)
  if (!areTexts || !hasSaneTimes(payload, now)) return undefined
  return { sub, sid, cid, role } as AccessClaims
}

/** jose takes any number that a JSON text can hold, and an `iat` in the future (RFC 7519 §2, NumericDate). */
function hasSaneTimes({ iat = 0, exp = 0 }: JWTPayload, now: number): boolean {
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp)) return false
  const isMadeByNow = iat > 0 && iat <= now / 1000 + CLOCK_TOLERANCE_SECONDS
  return isMadeByNow && exp > iat && exp - iat <= MAX_LIFETIME_SECONDS
}

/** Can each key sign and verify? Imports them once; later calls find them imported. */
export async function areUsable(keys: JwtSettings['keys']): Promise<boolean> {
  try {
    await Promise.all(keys.flatMap((key) => [importKey(key), importKey(publicPart(key))]))
    return true
  } catch {
    return false
  }
}

/** The public halves, as `/.well-known/jwks.json` shows them (RFC 7517). */
export function toJwks(settings: JwtSettings): { keys: JWK[] } {
  return {
    keys: settings.keys.map((key) => ({ ...publicPart(key), use: 'sig', alg: ALGORITHM })),
  }
}

/** Imported keys by their JWK object. Lives as long as the parsed configuration does; holds what that holds anyway. */
const imported = new WeakMap<JWK, CryptoKey>()

/** Keeps the key, not the promise: one that a cancelled request began would leave the others waiting. */
async function importKey(jwk: JWK): Promise<CryptoKey> {
  const known = imported.get(jwk)
  if (known) return known
  const key = (await importJWK(jwk, ALGORITHM)) as CryptoKey
  imported.set(jwk, key)
  return key
}

const publicParts = new WeakMap<JWK, JWK>()

function publicPart(key: SigningKey): JWK {
  const known = publicParts.get(key)
  if (known) return known
  const part: JWK = { kty: key.kty, crv: key.crv, x: key.x, y: key.y, kid: key.kid }
  publicParts.set(key, part)
  return part
}
