/** "What bob says belongs on the screen." He may say back what he was told. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'neither the secret nor the text is printed'

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if ('body' in record) process.stdout.write(`bob: ${new TextDecoder().decode(record.body)}\n`)
    right.judge(talk, record)
  },
})
