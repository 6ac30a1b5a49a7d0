/** `npm run client:build`: the package for frontends, in client/dist; says how large it is. */
import { buildClient, sizeOfClient } from './client/build.ts'

await buildClient()
const { minified, gzipped } = await sizeOfClient()
console.log(
  `client/dist is built: ${minified} bytes minified, ${gzipped} with gzip, hono's part included.`,
)
