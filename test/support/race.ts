import { expect } from 'vitest'

/** Starts `n` calls at once and gives all their results. */
export function race<T>(n: number, run: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: n }, (_, index) => run(index)))
}

/** How many answers have which status, with the code of a refusal: `{ '201': 1, '409 community_exists': 19 }`. */
export function tally(answers: { status: number; json: Record<string, unknown> }[]) {
  const counts: Record<string, number> = {}
  for (const { status, json } of answers) {
    const key = json.code === undefined ? String(status) : `${status} ${json.code}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}

/** One answer of `winner`, all others of `loser`. */
export function expectExactlyOne(
  answers: { status: number; json: Record<string, unknown> }[],
  winner: string,
  loser: string,
): void {
  expect(tally(answers)).toEqual({ [winner]: 1, [loser]: answers.length - 1 })
}
