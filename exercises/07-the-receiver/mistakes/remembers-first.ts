/** "First of all I look whether it was there." The salt is no secret: a stranger sends it first. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks = 'what is refused has used up nothing'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    begin({ memory, salt, ticket, now }) {
      if (ticket.length < 65) return
      check(!memory.has(salt), 'ticket_replayed')
      memory.set(salt, now + 1000)
    },
    room({ memory, login, now }) {
      for (const [old, until] of memory) if (until <= now) memory.delete(old)
      check(memory.size <= login.memory, 'request_refused')
    },
    replay: () => {},
    remember: () => {},
  })
