/**
 * Questions that wait for an answer, first come first served, each for a limited real time. It lives in memory only:
 * an object with callers inside is not evicted, and what a restart breaks off has taken no place yet.
 */
interface Waiter<Question, Answer> {
  readonly question: Question
  readonly answer: (answer: Answer) => void
}

export class WaitingLine<Question, Answer> {
  readonly #waiters = new Set<Waiter<Question, Answer>>()

  /** Who waits, in the order of arrival. */
  get questions(): Question[] {
    return Array.from(this.#waiters, (waiter) => waiter.question)
  }

  /** Waits at the end of the line until answered, or for `patienceMs` of real time; then the answer is `lastAnswer`. */
  wait(question: Question, patienceMs: number, lastAnswer: Answer): Promise<Answer> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiter.answer(lastAnswer), patienceMs)
      const waiter = {
        question,
        answer: (answer: Answer) => {
          clearTimeout(timer)
          this.#waiters.delete(waiter)
          resolve(answer)
        },
      }
      this.#waiters.add(waiter)
    })
  }

  /** Answers by position in `questions`; whose answer is undefined keeps waiting. */
  answer(answers: readonly (Answer | undefined)[]): void {
    for (const [index, waiter] of [...this.#waiters].entries()) {
      const answer = answers[index]
      if (answer !== undefined) waiter.answer(answer)
    }
  }
}
