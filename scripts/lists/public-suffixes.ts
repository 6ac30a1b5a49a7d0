/** What `#lists/public-suffixes.bin` is in Node; the Worker has the file itself. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export default readFileSync(join(import.meta.dirname, '../../src/lib/lists/public-suffixes.bin'))
