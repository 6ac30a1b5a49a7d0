/** What `npm run dev` reads in the arguments that it passes on to `wrangler dev`. No I/O. */

export const DEFAULT_PORT = 8787

export interface DevArguments {
  port: number
  /** The address as a browser on this machine has it, without a slash at the end. */
  origin: string
  persistTo: string | undefined
  envFile: string | undefined
  /** All that was given, and what `wrangler dev` has to be told besides. */
  passOn: string[]
}

/** Raised for arguments that cannot be what was meant; the message is for whoever typed them. */
export class ArgumentError extends Error {}

/** `envNames`: variables that .dev.vars sets. Throws ArgumentError. */
export function readDevArguments(
  args: readonly string[],
  envNames: readonly string[] = [],
): DevArguments {
  refuseDeployed(args)
  const port = readPort(args)
  const origin = `${lastValue(args, 'local-protocol') ?? 'http'}://localhost:${port}`
  const own = [...unless(args, 'port', String(port)), ...unless(args, 'ip', '127.0.0.1')]
  const isDefault = origin === `http://localhost:${DEFAULT_PORT}`
  if (!isDefault && !envNames.includes('FRONTEND_URL') && !setsVariable(args, 'FRONTEND_URL')) {
    own.push('--var', `FRONTEND_URL:${origin}`)
  }
  return {
    port,
    origin,
    persistTo: lastValue(args, 'persist-to'),
    envFile: lastValue(args, 'env-file'),
    passOn: [...own, ...args],
  }
}

/** The values of `--name a b`, `--name=a` and repeated ones, in order. */
export function valuesOf(args: readonly string[], name: string): string[] {
  const values: string[] = []
  let isOpen = false
  for (const arg of args) {
    if (arg.startsWith(`--${name}=`)) values.push(arg.slice(name.length + 3))
    else if (isOpen && !arg.startsWith('-')) values.push(arg)
    isOpen = arg === `--${name}` || (isOpen && !arg.startsWith('-'))
  }
  return values
}

function lastValue(args: readonly string[], name: string): string | undefined {
  return valuesOf(args, name).at(-1)
}

function setsVariable(args: readonly string[], name: string): boolean {
  return valuesOf(args, 'var').some((value) => value.startsWith(`${name}:`))
}

function unless(args: readonly string[], name: string, value: string): string[] {
  return valuesOf(args, name).length > 0 ? [] : [`--${name}`, value]
}

function readPort(args: readonly string[]): number {
  const text = lastValue(args, 'port') ?? String(DEFAULT_PORT)
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new ArgumentError(`--port ${text} is no port. Use a number from 1 to 65535.`)
}

/** Migrations and the first admin would go to the local data while the Worker looked elsewhere. */
function refuseDeployed(args: readonly string[]): void {
  const found = args.find((arg) => /^(-e|-r|--env|--remote)(=|$)/.test(arg))
  if (found === undefined) return
  throw new ArgumentError(
    `${found} is not for development: npm run dev uses local data only. To deploy: npm run deploy -- --env staging`,
  )
}
