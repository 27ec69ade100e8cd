/** A file that is larger than the memory it goes through. `send-large.ts` does the same with any size. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sendLarge } from '../helpers/programs/send-large.ts'

const large = suite('a large file')

const MIB = 2 ** 20

large('goes from process to process through little memory', async () => {
  const { sender, receiver } = await sendLarge(768 * MIB)
  assert.ok(sender < 300 * MIB, `the sender had ${sender} bytes`)
  assert.ok(receiver < 300 * MIB, `the receiver had ${receiver} bytes`)
})

large.run()
