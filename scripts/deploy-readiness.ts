/** What keeps an environment of wrangler.toml from being deployed. No I/O. */

const PLACEHOLDER_ID = '00000000-0000-0000-0000-000000000000'
/** RFC 2606 reserves these names: nothing of ours is there. */
const PLACEHOLDER_NAME = /(^|[^a-z0-9-])(?:[a-z0-9-]+\.)*example\.(?:com|net|org)\b/i

export interface Deployment {
  d1_databases: readonly { binding: string; database_id?: string | undefined }[]
  vars: Readonly<Record<string, unknown>>
}

/** One sentence for each placeholder that has not been given its value. */
export function findPlaceholders(
  { d1_databases, vars }: Deployment,
  environment: string,
): string[] {
  const databases = d1_databases
    .filter(({ database_id }) => !database_id || database_id === PLACEHOLDER_ID)
    .map(
      ({ binding }) =>
        `database_id of ${binding}: make the database with "npx wrangler d1 create gatehouse-${environment}" and enter the id it prints`,
    )
  const names = Object.entries(vars)
    .filter(([, value]) => PLACEHOLDER_NAME.test(String(value)))
    .map(([name, value]) => `${name} = "${value}": enter your own`)
  return [...databases, ...names]
}
