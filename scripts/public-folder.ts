/**
 * Makes public/, the static assets of the Worker, which is in no commit: the OpenAPI document, of the routes as they
 * stand, and the script of the page that shows it. wrangler asks for it before it builds ([build] in wrangler.toml), vitest as it starts.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { scalarScript } from './scalar.ts'
import { withTemporaryFolder } from './temporary-folder.ts'
import { ROOT } from './tools.ts'

const PUBLIC = join(ROOT, 'public')

export async function makePublicFolder(): Promise<void> {
  mkdirSync(PUBLIC, { recursive: true })
  for (const [name, document] of Object.entries(await documents())) {
    write(name, JSON.stringify(document))
  }
  const start = readFileSync(join(import.meta.dirname, 'docs-page.js'), 'utf8')
  write('docs.js', `${scalarScript()}\n${start}`)
}

/** The routes are JSX in part, which Node does not read: they are bundled as for the Worker, with the words it leaves out. */
function documents(): Promise<Record<string, object>> {
  return withTemporaryFolder(async (folder) => {
    const outfile = join(folder, 'documents.mjs')
    await build({
      entryPoints: [join(ROOT, 'scripts/openapi/documents.ts')],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      define: { HAS_DOCUMENT: 'true', HAS_DEV_PAGES: 'true' },
      plugins: [withoutBinaries],
      logLevel: 'error',
    })
    const { makeDocuments } = (await import(
      pathToFileURL(outfile).href
    )) as typeof import('./openapi/documents.ts')
    return makeDocuments()
  })
}

/** No route describes itself with them, and only workerd reads them. */
const withoutBinaries: Plugin = {
  name: 'without-binaries',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.(wasm|bin)$/ }, ({ path }) => ({ path, namespace: 'binary' }))
    onLoad({ filter: /.*/, namespace: 'binary' }, () => ({ contents: 'export default undefined' }))
  },
}

/** By renaming, and only what has changed: whoever serves the folder meanwhile sees whole files, and nothing new where nothing is. */
function write(name: string, content: string): void {
  const path = join(PUBLIC, name)
  if (contentOf(path) === content) return
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, content)
  renameSync(draft, path)
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

if (import.meta.main) await makePublicFolder()
