/**
 * One `wrangler dev`: started in a process group of its own, asked until it answers, and ended with all that it has
 * started, so that no workerd is left behind.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { request } from './local-request.ts'
import { startTool } from './tools.ts'

const POLL_MS = 150
/** wrangler ends what it started, then itself; what is left after that is killed. */
const GRACE_MS = 5_000

export interface DevServer {
  process: ChildProcess
  /** Ends it and everything it has started. Ending it twice is the same as once. */
  stop(): Promise<void>
}

/** `args` as for `wrangler dev`. `output` is what becomes of what it prints. */
export function startDevServer(args: readonly string[], output: 'inherit' | 'pipe'): DevServer {
  const child = startTool(
    'wrangler',
    ['dev', '--env', '', '--show-interactive-dev-session=false', ...args],
    { stdio: ['ignore', output, output], detached: true },
  )
  const ended = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await Promise.race([ended, wait(GRACE_MS, undefined, { ref: false })])
    killGroup(child)
  }
  // A script that breaks off must not leave its server running.
  process.once('exit', () => killGroup(child))
  return { process: child, stop }
}

/** Waits until /health answers. False where the server has ended, or `timeoutMs` has passed, before it did. */
export async function isUp(
  server: DevServer,
  origin: string,
  timeoutMs = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  const { process: child } = server
  while (child.exitCode === null && child.signalCode === null && performance.now() < deadline) {
    const answer = await request(`${origin}/health`).catch(() => undefined)
    if (answer?.status === 200) return true
    await wait(POLL_MS)
  }
  return false
}

/** Is nobody listening on this port of the loopback address? Port 0 is always free. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined
}

/** A port that nobody listens on at this moment. */
export async function findFreePort(): Promise<number> {
  const port = await listenOnce(0)
  if (port === undefined) throw new Error('This machine gives no port to listen on')
  return port
}

function listenOnce(port: number): Promise<number | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      const found = typeof address === 'object' ? address?.port : undefined
      server.close(() => resolve(found))
    })
  })
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // ESRCH: everything has ended already, as it should.
  }
}
