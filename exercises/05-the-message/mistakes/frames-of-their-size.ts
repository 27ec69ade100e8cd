/** "An ack has 27 bytes and an end 19: so I ask for these." Unless both come in one frame, which then has 30. */
import { decodeRecords, EMPTY } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'alice hears all that bob says, however it is cut and joined'

export const sendMessage: SendMessage = alice({
  async hear(talk) {
    const bytes = await talk.wire.readFrame(19, talk.acknowledged ? 19 : 27)
    if (!bytes) throw new Error('the line was cut')
    return decodeRecords(talk.transport.receive.decryptWithAd(EMPTY, bytes))
  },
})
