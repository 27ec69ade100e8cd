/** "An ack has 27 bytes, so 1000 are enough for all he can say." He says something of 1001. */
import { decodeRecords, EMPTY } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'alice hears all that bob says, however it is cut and joined'

export const sendMessage: SendMessage = alice({
  async hear({ wire, transport }) {
    const bytes = await wire.readFrame(19, 1000)
    if (!bytes) throw new Error('the line was cut')
    return decodeRecords(transport.receive.decryptWithAd(EMPTY, bytes))
  },
})
