/** The text of .dev.vars: which variables it sets, and how missing ones are added without touching the rest. No I/O. */

const HEADER = `# Secrets of this machine, made at random by the first \`npm run dev\`. Never commit this file, never deploy them.
`
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*[=:]/gm

/** Names that the text sets, an empty value included; a line that is commented out sets nothing. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(ASSIGNMENT)].map(([, name = '']) => name)
}

/** The text with each of `wanted` that it does not set yet at its end; the same text where nothing is missing. */
export function addMissing(text: string, wanted: Readonly<Record<string, string>>): string {
  const present = new Set(namesIn(text))
  const missing = Object.entries(wanted).filter(([name]) => !present.has(name))
  if (missing.length === 0) return text
  const start = text === '' ? HEADER : text.replace(/\n?$/, '\n')
  return start + missing.map(([name, value]) => `${name}=${quote(value)}\n`).join('')
}

/** Single quotes take everything as it stands. */
function quote(value: string): string {
  if (/['\n]/.test(value))
    throw new RangeError('A value with a quote or a line break cannot be written')
  return /^[\w.:/+=-]*$/.test(value) ? value : `'${value}'`
}
