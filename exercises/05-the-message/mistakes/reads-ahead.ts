/** "While I open one frame the next can come." The one that nobody waits for any more brings the program down. */
import { decodeRecords, EMPTY } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, type Talk } from './shared/alice.ts'

export const breaks = 'alice keeps nothing: of what bob says besides, and, when it is over, of anything'

const coming = new WeakMap<Talk, Promise<Uint8Array | undefined>>()

export const sendMessage: SendMessage = alice({
  async hear(talk) {
    const next = () => talk.wire.readFrame(19, 65_535)
    const bytes = await (coming.get(talk) ?? next())
    if (!bytes) throw new Error('the line was cut')
    coming.set(talk, next())
    return decodeRecords(talk.transport.receive.decryptWithAd(EMPTY, bytes))
  },
})
