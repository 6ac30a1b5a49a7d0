/** `npm run db:migrate`: the local database as the migrations have it. */
import { readDevArguments } from './arguments.ts'
import { migrateLocal } from './migrate-local.ts'

await migrateLocal(readDevArguments(process.argv.slice(2)))
console.log('The local database has every migration.')
