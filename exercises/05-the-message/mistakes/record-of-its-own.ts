/** "Type 1, then the text: bob sees where it ends." A record has two bytes of length, so that more can follow. */
import { concat, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'it is a whole message: one record of the type message'

export const sendMessage: SendMessage = alice({
  records: (text) => [concat(Uint8Array.of(1), utf8(text))],
})
