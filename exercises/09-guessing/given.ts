/**
 * Given: the shapes that `guessing.ts` works with. Nothing to change here.
 *
 * @module
 */

/** A login that somebody has recorded: all of it went over the network in clear. */
export interface RecordedLogin {
  readonly username: string
  readonly realm: string
  /** How often PBKDF2 goes round. */
  readonly rounds: number
  /** The time, sealed under the key that is made of the password: 16 bytes longer than the text of the time. */
  readonly proof: Uint8Array
}

/** What you write: finds the password. */
export type Crack = (login: RecordedLogin, words: readonly string[]) => string | undefined

/** What you write: the blind with which this word makes this request. */
export type BlindFor = (request: number, word: string) => number | undefined

export type Answer = 'in' | 'no' | 'wait'

/** What you write: a door that lets in who knows the password. */
export interface Door {
  /** @param now - Unix seconds; never less than before. */
  login(username: string, password: string, now: number): Answer
}

/**
 * What you write: makes a door.
 *
 * @param passwords - by name.
 * @param tries - so many wrong tries for one name
 * @param seconds - in so many seconds.
 */
export type MakeDoor = (passwords: Readonly<Record<string, string>>, tries: number, seconds: number) => Door
