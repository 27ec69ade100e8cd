/** "Each text has its keys." Two who say the same at the same time have the same. */
import type { Transport } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, right, say, type Talk } from './shared/alice.ts'

export const breaks = 'two conversations at the same time do not meet'

const keys = new Map<string, Transport>()

const keyed = (talk: Talk): Talk => {
  const transport = keys.get(talk.text) ?? talk.transport
  keys.set(talk.text, transport)
  return { ...talk, transport }
}

export const sendMessage: SendMessage = alice({
  say: (talk, record) => say(keyed(talk), record),
  end: (talk) => right.end(keyed(talk)),
  hangUp(wire) {
    keys.clear()
    wire.end()
  },
})
