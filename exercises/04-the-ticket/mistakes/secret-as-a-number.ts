/** "32 bytes are a number." One that begins with a zero byte is shorter, once in 256 times. */
import { concat } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'alice and bob get the same secret, 32 bytes in base64url'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) => {
  const number = BigInt(`0x${Buffer.from(kdc.randomBytes(32)).toString('hex')}`).toString(16)
  return concat(Buffer.from(number.length % 2 === 0 ? number : `0${number}`, 'hex'))
})
