/** A GET to a server on this machine; its certificate, if it has one, is self-signed. */
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

const TIMEOUT_MS = 30_000

/** Status and body. Rejects where nobody answers, within 30 s at the latest. */
export function request(url: string): Promise<{ status: number; body: string }> {
  const options = { timeout: TIMEOUT_MS, rejectUnauthorized: false }
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest
    const sent = send(url, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() })
      })
    })
    sent.on('timeout', () => sent.destroy(new Error(`No answer within ${TIMEOUT_MS} ms`)))
    sent.on('error', reject)
    sent.end()
  })
}
