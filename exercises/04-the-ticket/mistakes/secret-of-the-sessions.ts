/** "These two are talking already." Both logged in once, but each conversation has a key of its own. */
import type { AnswerUserinfo, Session } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

const secrets = new WeakMap<Session, WeakMap<Session, Uint8Array>>()

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const known = secrets.get(sender) ?? new WeakMap()
  secrets.set(sender, known)
  const secret = known.get(receiver) ?? kdc.randomBytes(32)
  known.set(receiver, secret)
  let draws = 0
  return right(sender, receiver, {
    ...kdc,
    randomBytes: (n) => (draws++ === 0 ? secret : kdc.randomBytes(n)),
  })
}
