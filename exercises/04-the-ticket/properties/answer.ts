/**
 * What the answer is, and what becomes of the arguments.
 *
 * @module
 */
import { must, type Property } from '../../examiner/property.ts'
import { everyone } from '../everyone.ts'
import { alice, bob } from '../people.ts'
import { inWords } from '../questions.ts'
import type { StudentKdc } from '../student.ts'

export const OF_THE_ANSWER: readonly Property<StudentKdc>[] = [
  {
    name: 'what your code is given stays as it was',
    why:
      'the KDC keeps its sessions, and needs each token again for the next ticket; and who calls makeSenderinfo may need the content ' +
      'once more. What a function changes in its arguments, it changes for all.',
    async check(kdc) {
      await kdc.useAll()
    },
  },
  {
    name: 'the function answers at once, with a plain object',
    why: 'the KDC turns what you return into JSON and sends it. A promise, or an object that does something when it is read, is no text.',
    async check(kdc) {
      await kdc.ask()
      const { failed } = await kdc.everybody()
      if (failed) must(false, inWords(failed) + failed.error.message)
    },
  },
  {
    name: 'the answer says where bob listens',
    why: 'alice dials the address that you give her. With any other she talks to somebody else, or to nobody.',
    async check(kdc) {
      const { reply } = await kdc.ask()
      must(reply.ip_addr !== alice.ipAddress, "ip_addr is alice's own address: she would call herself.")
      must(reply.ip_addr === bob.ipAddress, `ip_addr is ${reply.ip_addr}, and bob is at ${bob.ipAddress}.`)
      must(
        typeof reply.port === 'number',
        `port is ${reply.port === undefined ? 'missing' : typeof reply.port}; it must be a number, as bob has told it.`,
      )
      must(reply.port === bob.port, `port is ${reply.port}, and bob listens at ${bob.port}.`)
      await everyone(kdc, ({ reply: { ip_addr, port }, receiver: { ipAddress, port: listensAt } }) => {
        must(ip_addr === ipAddress, `ip_addr is ${ip_addr}.`)
        must(port === listensAt, `port is ${JSON.stringify(port)}.`)
      })
    },
  },
]
