/** "He has said his end, so he knows." He knows what he said. To him alice was cut off. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'alice says her end'

export const sendMessage: SendMessage = alice({
  end(talk) {
    if (!talk.ended) right.end(talk)
  },
})
