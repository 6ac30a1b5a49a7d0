/**
 * The types of the API written out, so that a package can carry them without the Worker. TypeScript itself prints them:
 * it declares a value of each route's type, and its declarations name no type that they can spell. One value for each
 * route, because all of them at once are more than it spells in one place (TS7056).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ROOT, runTool } from '../tools.ts'

const PROBE = 'probe'
/** More than there will be routes; the last must stay empty. */
const SLOTS = 250
/** `Plain`: a type without the names it was made with. `Tuple`: the members of a union, one after the other. */
const TYPES = `
type Plain<T> = 0 extends 1 & T ? unknown
  : T extends infer O ? O extends object ? { [K in keyof O]: Plain<O[K]> } : O : never
declare function plain<T>(): Plain<T>
type Last<U> = (U extends unknown ? (x: () => U) => void : never) extends (x: infer I) => void
  ? I extends () => infer L ? L : never : never
type Tuple<U, T extends unknown[] = []> =
  [U] extends [never] ? T : Tuple<Exclude<U, Last<U>>, [Last<U>, ...T]>
type Paths = Tuple<keyof Contract>
type Path<N extends number> = \`\${N}\` extends keyof Paths ? Paths[N] & keyof Contract : never
`

/** The source of a module that exports `Contract` and `ErrorCode`. `folder` is inside the project, empty, and used up. */
export async function printContract(folder: string): Promise<string> {
  const slots = Array.from({ length: SLOTS }, (_, at) => [`Path<${at}>`, `Contract[Path<${at}>]`])
  const [codes, ...printed] = await printTypes(folder, ['ErrorCode', ...slots.flat()])
  const routes = slots
    .map((_, at) => [printed[2 * at] ?? '', printed[2 * at + 1]] as const)
    .filter(([path]) => path !== 'never')
    .sort(([a], [b]) => (a < b ? -1 : 1))
  if (routes.length === 0 || routes.length === SLOTS)
    throw new Error(`${routes.length} routes found`)
  const lines = routes.map(([path, body]) => `  ${path}: ${body}`)
  const text = `export interface Contract {\n${lines.join('\n')}\n}\n\nexport type ErrorCode = ${codes}\n`
  const foreign = text.split('\n').filter((line) => /\bimport\((?!"hono[/"])/.test(line))
  if (foreign.length > 0) {
    throw new Error(`The API's types hold what no other project knows:\n${foreign.join('\n')}`)
  }
  return text
}

/** Each of the types, spelled out, in order. */
async function printTypes(folder: string, types: readonly string[]): Promise<string[]> {
  const source = join(ROOT, 'client', 'src', 'contract.ts')
  writeFileSync(
    join(folder, `${PROBE}.ts`),
    `import type { Contract, ErrorCode } from '${relative(folder, source)}'${TYPES}` +
      types.map((type, at) => `export const type${at} = plain<${type}>()\n`).join(''),
  )
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings(folder)))
  const { output } = await runTool('tsc', ['-p', folder], { capture: true })
  // The app's own type is too long to be declared; nobody needs it here.
  const faults = output.split('\n').filter((line) => line.includes(`${PROBE}.ts`))
  if (faults.length > 0) throw new Error(faults.join('\n'))
  const file = join(folder, 'out', relative(ROOT, folder), `${PROBE}.d.ts`)
  const found = readFileSync(file, 'utf8').matchAll(
    /^export declare const type\d+: ([\s\S]*?);$(?=\nexport|\n*$(?![\s\S]))/gm,
  )
  const printed = [...found].map(([, type = '']) => type)
  if (printed.length !== types.length) {
    throw new Error(`TypeScript printed ${printed.length} of ${types.length} types\n${output}`)
  }
  return printed
}

function settings(folder: string) {
  return {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      noCheck: true,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: ROOT,
      outDir: join(folder, 'out'),
    },
    include: [join(folder, `${PROBE}.ts`), join(ROOT, 'src', '*.d.ts')],
  }
}
