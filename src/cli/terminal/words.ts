/**
 * Numbers and times in words.
 *
 * @module
 */

/** `1 session`, `2 sessions`. */
export const count = (n: number, thing: string) => `${n} ${thing}${n === 1 ? '' : 's'}`

/** Unix seconds in ISO 8601, UTC: `2026-01-31T12:00:00Z`. */
export const timestamp = (time: number) => new Date(time * 1000).toISOString().replace('.000Z', 'Z')
