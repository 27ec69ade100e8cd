/** "Every letter XOR 42: encrypted." There are 255 such keys, and one glance finds it. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'neither the text nor the secret can be read on the line'

export const sendMessage: SendMessage = alice({
  say: ({ wire }, record) => wire.writeFrame(record.map((byte) => byte ^ 42)),
})
