/** "There is nothing secret about an end." No; but anybody can write one that is not sealed. */
import { encodeRecord } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'alice says her end'

export const sendMessage: SendMessage = alice({
  end: ({ wire }) => wire.writeFrame(encodeRecord({ type: 'end' })),
})
