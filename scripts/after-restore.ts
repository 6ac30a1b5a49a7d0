/**
 * `npm run after-restore -- --remote --env staging|production`: ends what an earlier state of the database has brought
 * back (docs/operations.md). Without `--remote`, in the local data. `--passwords` takes every password away as well.
 */
import { parseArgs } from 'node:util'
import { noCosts } from '../src/costs.ts'
import { createDatabase } from '../src/db/client.ts'
import { systemClock } from '../src/lib/clock.ts'
import { type Ended, endWhatCameBack } from './end-what-came-back.ts'
import { Refusal, readTarget, withTarget } from './local-platform.ts'
import { whenFree } from './when-free.ts'

const USAGE = `Usage: npm run after-restore -- [--passwords] [--remote --env staging|production]
Also: --persist-to FOLDER, as wrangler dev takes it.`

try {
  const values = readOptions()
  const endsPasswords = values.passwords === true
  const ended = await withTarget(readTarget(values, USAGE), (binding) =>
    whenFree(() =>
      endWhatCameBack(createDatabase(binding, noCosts()), {
        now: systemClock(),
        endsPasswords,
        onProgress: (soFar) => console.log(told(soFar)),
      }),
    ),
  )
  console.log(`Done: ${told(ended)}.`)
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(error.message)
  process.exitCode = 1
}

function told({ sessions, links, mails, passwords }: Ended): string {
  return `${sessions} sessions, ${links} links, ${mails} waiting mails and ${passwords} passwords ended`
}

function readOptions() {
  const options = {
    env: { type: 'string' },
    'persist-to': { type: 'string' },
    remote: { type: 'boolean' },
    passwords: { type: 'boolean' },
  } as const
  try {
    return parseArgs({ options }).values
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\n${USAGE}`)
  }
}
