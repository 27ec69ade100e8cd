/** "A `Secret` prints itself as stars, so it may go along." Who has the error asks it for the bytes. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'when it fails, alice is told why, with an Error, and it gives no secret away'

class NotSent extends Error {
  readonly #to: unknown

  constructor(cause: unknown, to: unknown) {
    super('it was not sent', { cause })
    this.#to = to
  }

  get again(): unknown {
    return this.#to
  }
}

export const sendMessage: SendMessage = alice({
  failed(error, invitation) {
    throw new NotSent(error, invitation)
  },
})
