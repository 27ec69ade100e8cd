/**
 * What holds of a receiver, and why it matters: in the same words for a function that was loaded, and for a command.
 *
 * @module
 */
import type { Property } from '../examiner/property.ts'

type Words = Omit<Property<never>, 'check'>

export const WORDS = {
  accepts: {
    name: 'a good ticket is accepted: who it is from, where they are, and the secret',
    why: 'bob has nothing but this ticket. What is in it is all that he knows of the one who has called.',
  },
  header: {
    name: 'a ticket of another length, version or session is refused',
    why:
      "what a stranger sends may be anything. Length and version are looked at before anything is computed; a ticket of yesterday's " +
      'login belongs to a session that is over.',
  },
  bits: {
    name: 'a ticket in which one bit was changed is refused',
    why: 'without the tag the ticket is a text that everybody on the way may change: the same bit changes in the JSON.',
  },
  content: {
    name: 'what is sealed is as the protocol has it, or it is refused',
    why:
      'the KDC can be wrong as well, or be replaced by a newer one. A field that is looked at for the first time when it is used ' +
      'fails there, in the middle of something else.',
  },
  carol: {
    name: 'a ticket for carol is refused, though it opens',
    why: 'a token has no name on it. Only the ticket says whom alice wanted to talk to.',
  },
  times: {
    name: 'a ticket is good from its first second to its last, with 60 seconds to spare on both sides',
    why: 'a ticket that never ends is as good for the thief who finds it in a year. Clocks are never quite the same: 60 seconds are forgiven.',
  },
  once: {
    name: 'a ticket opens one channel, and no second one',
    why: 'everybody on the way has seen the ticket, and can send it again. Then bob believes that alice has called twice.',
  },
  logins: {
    name: 'every login has a memory of its own',
    why: 'a new login has a new token, under which no older ticket opens: what was remembered before can only be in the way.',
  },
  refusedUsesNothing: {
    name: 'what is refused has used up nothing',
    why:
      'the salt stands in the ticket for all to see. Who remembers it before the ticket has passed everything lets a stranger use ' +
      'up tickets, and fill the memory.',
  },
  memory: {
    name: 'the memory is bounded, and forgets only what has expired',
    why: 'a memory that grows with every ticket ends the program one day. And one that forgets a ticket that is still good makes it good for a second channel.',
  },
  oneWay: {
    name: 'everything is refused in one way, and only the own log says why, by the first check that failed',
    why:
      'a stranger who hears why tries again, better informed: whether bob is logged in, whether the ticket was used, how far his clock is. ' +
      'Bob himself wants to know: in his own log.',
  },
  nothingGivenAway: {
    name: 'nothing is given away beside: no error, log or printed line has the token, the key or the secret',
    why: 'with the secret from a log the channel can be read; with the token, every ticket of this login.',
  },
} as const satisfies Readonly<Record<string, Words>>
