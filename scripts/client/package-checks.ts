/** What would be published, and whether a project that knows nothing of this one can use it. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { type Checks, expectSame } from '../smoke/checks.ts'
import { withTemporaryFolder } from '../temporary-folder.ts'
import { ROOT, runTool } from '../tools.ts'
import { CLIENT, sizeOfClient } from './build.ts'

/** With gzip, hono's part included. */
const BUDGET_BYTES = 7_000
const RESOLUTIONS = [
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'esnext', moduleResolution: 'bundler' },
]
const packed = z.tuple([z.object({ files: z.array(z.object({ path: z.string() })) })])

export async function checkPackage({ check }: Checks): Promise<void> {
  await check('the package holds scripts, declarations, README, LICENSE and nothing else', () => {
    const others = packedFiles().filter((path) => !/^dist\/[\w-]+\.(js|d\.ts)$/.test(path))
    expectSame('the other files', others.sort(), ['LICENSE', 'README.md', 'package.json'])
  })
  await check('it is as large as its README says, and small', async () => {
    const { minified, gzipped } = await sizeOfClient()
    const kilo = (bytes: number) => (bytes / 1000).toFixed(1)
    const said = `${kilo(minified)} kB minified, ${kilo(gzipped)} kB with gzip`
    expectSame(said, readFileSync(join(CLIENT, 'README.md'), 'utf8').includes(said), true)
    expectSame('within its budget', gzipped <= BUDGET_BYTES, true)
  })
  await check('the answer of each route has a type', () => {
    const contract = readFileSync(join(CLIENT, 'dist', 'contract.d.ts'), 'utf8')
    const routes = contract.split(/^ {4}"/m).slice(1)
    // A handler that calls its answer a mere Response takes the type of the others with it.
    const without = routes.filter((text) => text.includes('outputFormat: string'))
    expectSame(
      'those without',
      without.map((text) => text.split('"')[0]),
      [],
    )
    expectSame('there are some', routes.length > 40, true)
  })
  for (const resolution of RESOLUTIONS) {
    await check(`another project compiles with it: ${resolution.moduleResolution}`, () =>
      withTemporaryFolder((folder) => compileConsumer(folder, resolution)),
    )
  }
}

function packedFiles(): string[] {
  const cli = process.env.npm_execpath
  const [command, before] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []]
  const args = [...before, 'pack', '--dry-run', '--json', '--ignore-scripts']
  const { stdout, stderr, error } = spawnSync(command, args, { cwd: CLIENT, encoding: 'utf8' })
  if (error) throw error
  if (!stdout) throw new Error(stderr)
  return packed.parse(JSON.parse(stdout))[0].files.map(({ path }) => path)
}

/** Strict, with every declaration checked, and only what the package says it needs beside it. */
async function compileConsumer(folder: string, resolution: object): Promise<void> {
  const installed = join(folder, 'node_modules', '@gatehouse', 'client')
  for (const path of packedFiles()) {
    mkdirSync(dirname(join(installed, path)), { recursive: true })
    cpSync(join(CLIENT, path), join(installed, path))
  }
  symlinkSync(join(ROOT, 'node_modules', 'hono'), join(folder, 'node_modules', 'hono'), 'junction')
  cpSync(join(CLIENT, 'consumer'), folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: false,
    skipLibCheck: false,
    noEmit: true,
    ...resolution,
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['*.ts'] }),
  )
  const { output } = await runTool('tsc', ['-p', folder, '--pretty', 'false'], { capture: true })
  const faults = [...output.matchAll(/^(.*?)(?:\((\d+),\d+\))?: error .*$/gm)]
  const elsewhere = faults.filter(([, file = '']) => !file.endsWith('wrong.ts'))
  if (elsewhere.length > 0) throw new Error(elsewhere.map(([line]) => line).join('\n'))
  expectSame(
    'the lines refused',
    [...new Set(faults.map(([, , line]) => Number(line)))],
    wrongLines(),
  )
}

function wrongLines(): number[] {
  const lines = readFileSync(join(CLIENT, 'consumer', 'wrong.ts'), 'utf8').split('\n')
  return lines.flatMap((line, at) => (line.endsWith('// refused') ? [at + 1] : []))
}
