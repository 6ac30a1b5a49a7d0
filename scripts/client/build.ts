/**
 * Builds `client/dist`, as it is published: the sources of the client, and beside them the types of the API written out.
 * They are compiled for a browser, with nothing of the Worker in sight, and every declaration is checked.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { withTemporaryFolder } from '../temporary-folder.ts'
import { ROOT, runTool } from '../tools.ts'
import { printContract } from './contract.ts'

export const CLIENT = join(ROOT, 'client')
const DIST = join(CLIENT, 'dist')

const COMPILER = {
  target: 'ES2022',
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  lib: ['ES2022', 'DOM', 'DOM.Iterable'],
  types: [],
  strict: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  rewriteRelativeImportExtensions: true,
  declaration: true,
  skipLibCheck: false,
  rootDir: '.',
  outDir: DIST,
}

/** Throws with the compiler's words where it does not build. */
export async function buildClient(): Promise<void> {
  rmSync(DIST, { recursive: true, force: true })
  await withTemporaryFolder(
    async (folder) => {
      const probe = join(folder, 'probe')
      mkdirSync(probe)
      const contract = await printContract(probe)
      const source = join(folder, 'src')
      cpSync(join(CLIENT, 'src'), source, { recursive: true })
      writeFileSync(
        join(source, 'contract.ts'),
        `/** The API's types, written out by \`npm run client:build\`. */\n${contract}`,
      )
      writeFileSync(
        join(source, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: COMPILER, files: ['index.ts'] }),
      )
      const { code, output } = await runTool('tsc', ['-p', source], { capture: true })
      if (code !== 0) throw new Error(`The client does not build.\n${output}`)
      nameScripts()
    },
    join(CLIENT, 'dist'),
  )
}

/** TypeScript rewrites what scripts import, and leaves the declarations with names of files that are not published. */
function nameScripts(): void {
  for (const name of readdirSync(DIST).filter((name) => name.endsWith('.d.ts'))) {
    const path = join(DIST, name)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'"))
  }
}

export interface Size {
  minified: number
  gzipped: number
}

/** In bytes, of all that a page loads: this package and hono's client. */
export async function sizeOfClient(): Promise<Size> {
  const { outputFiles } = await build({
    entryPoints: [join(DIST, 'index.js')],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    nodePaths: [join(ROOT, 'node_modules')],
  })
  const bytes = outputFiles[0]?.contents ?? new Uint8Array()
  return { minified: bytes.byteLength, gzipped: gzipSync(bytes, { level: 9 }).byteLength }
}
