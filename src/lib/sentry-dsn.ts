/** Where reports go: the parts of a DSN, `https://<key>@<host>[/<path>]/<project>`. No I/O. No clock. */
export interface Dsn {
  /** What envelopes are posted to. */
  url: string
  publicKey: string
}

/** Undefined where the text is no DSN. A password in it, as old ones have, is left out. */
export function parseDsn(text: string): Dsn | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, host, username, pathname, search, hash } = new URL(text)
  const [, path = '', project] = /^((?:\/[\w.~-]+)*)\/(\d+)$/.exec(pathname) ?? []
  const isWhole = /^https?:$/.test(protocol) && /^\w+$/.test(username) && project !== undefined
  if (!isWhole || search !== '' || hash !== '') return undefined
  return { url: `${protocol}//${host}${path}/api/${project}/envelope/`, publicKey: username }
}
