/** The only reader of the clock. Rules take `now` instead (ms UTC). */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()
