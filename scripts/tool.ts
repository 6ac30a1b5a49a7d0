/** One tool of the project, as the scripts of package.json name it: installed first, at the terminal of the caller. */
import { once } from 'node:events'
import { isTool, startTool } from './tools.ts'

const [name = '', ...args] = process.argv.slice(2)
if (!isTool(name)) throw new Error(`There is no tool "${name}"`)
const [code] = await once(startTool(name, args, { stdio: 'inherit' }), 'exit')
process.exitCode = typeof code === 'number' ? code : 1
