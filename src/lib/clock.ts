/** Time, as an argument. The protocol counts in whole Unix seconds. */

/** Gives the current time in Unix seconds. */
export type Clock = () => number

/** The system's clock. */
export const systemClock: Clock = () => Math.floor(Date.now() / 1000)
