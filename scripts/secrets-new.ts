/**
 * `npm run secrets:new -- FILE`: fresh random secrets for a first deployment, as `npm run deploy -- --secrets-file FILE`
 * takes them. Never for a second one: new peppers would make every stored password wrong.
 */
import { writeFileSync } from 'node:fs'
import { addMissing } from './dev-vars.ts'
import { localSecrets } from './local-secrets.ts'

const [file, ...rest] = process.argv.slice(2)
process.exitCode = await write()

async function write(): Promise<number> {
  if (file === undefined || file.startsWith('-') || rest.length > 0) {
    console.error('Say where to write them: npm run secrets:new -- secrets.staging.env')
    return 1
  }
  const text = addMissing(
    '# Secrets of a deployment. Delete this file once they are deployed.\n',
    await localSecrets(),
  )
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    console.error(`Not written: ${error instanceof Error ? error.message : error}`)
    return 1
  }
  console.log(
    `Wrote ${file}. Enter the provider's key as MAIL_API_KEY, deploy it, keep a copy where secrets are kept.`,
  )
  return 0
}
