/**
 * "What I do not know, I skip: that is how one stays compatible." A new version is another version byte; this
 * is an attack, or a fault.
 */
import { decodeRecords, EMPTY } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, frame } from './shared/alice.ts'

export const breaks =
  'what is sealed and is not as agreed ends it, too: no record, an abort, words after the end'

export const sendMessage: SendMessage = alice({
  async hear(talk) {
    const opened = talk.transport.receive.decryptWithAd(EMPTY, await frame(talk))
    try {
      return decodeRecords(opened)
    } catch {
      return []
    }
  },
})
