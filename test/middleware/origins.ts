/** Pages of ours and pages of others, as a browser names them in the headers of a request. */
import { env } from 'cloudflare:workers'

/** What `call` asks from. */
export const OWN = 'https://gatehouse.example'
export const FRONTEND = 'https://app.gatehouse.example'
export const listed = { ...env, ALLOWED_ORIGINS: `${FRONTEND},tauri://localhost` }

export type Headers = Record<string, string>

export const TRUSTED: Headers[] = [
  {},
  { Origin: OWN },
  { Origin: FRONTEND },
  { Origin: 'tauri://localhost' },
  { 'Sec-Fetch-Site': 'same-origin' },
  { 'Sec-Fetch-Site': 'none' },
  { Origin: OWN, 'Sec-Fetch-Site': 'same-origin' },
  // A listed frontend is another site.
  { Origin: FRONTEND, 'Sec-Fetch-Site': 'cross-site' },
]

export const FOREIGN: Headers[] = [
  { Origin: 'https://evil.example' },
  { Origin: 'null' },
  { Origin: '' },
  { Origin: 'http://gatehouse.example' },
  { Origin: 'https://gatehouse.example:8443' },
  { Origin: 'https://gatehouse.example.evil.example' },
  { Origin: 'https://evil-gatehouse.example' },
  { Origin: `${OWN}/` },
  { Origin: `${FRONTEND}.evil.example` },
  { Origin: `${OWN}, ${FRONTEND}` },
  { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
  { Origin: 'https://evil.example', Referer: `${OWN}/login` },
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
  { 'Sec-Fetch-Site': 'SAME-ORIGIN' },
  { 'Sec-Fetch-Site': '' },
  { 'Sec-Fetch-Site': 'cross-site', Referer: `${OWN}/login` },
]

export const DEVICE_COOKIE = { Cookie: '__Host-device=anything' }
