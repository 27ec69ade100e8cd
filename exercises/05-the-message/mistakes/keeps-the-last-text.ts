/** "The last one is kept, in case that it has to be said again." It was sent; now it lies there. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'alice keeps nothing: of what bob says besides, and, when it is over, of anything'

let last = ''

export const lastText = (): string => last

export const sendMessage: SendMessage = alice({
  records(text) {
    last = text
    return right.records(text)
  },
})
