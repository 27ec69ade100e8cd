/**
 * What is looked at when the receiver of exercise 07 is a command: that it listens, then which tickets it takes, as of a function, and
 * then what it does in the channel.
 *
 * @module
 */
import { must, type Property } from '../examiner/property.ts'
import { CommandedBob } from './bob.ts'
import { ofTheChannel } from './channel.ts'
import type { Grading } from './grading.ts'
import { nothingGivenAway, ofTickets } from './tickets.ts'

const FIRST: readonly Property<CommandedBob>[] = [
  {
    name: 'bob logs in, and says where he listens',
    why: 'the KDC makes tickets for the session that said last where it listens; with no session there is no ticket.',
    async check(bob) {
      await bob.session()
    },
  },
]

const LAST: readonly Property<CommandedBob>[] = [
  nothingGivenAway,
  {
    name: 'the password is not printed',
    why: 'with it anybody is bob for ever.',
    check({ printed, passwords }) {
      const found = passwords.find((password) => printed.includes(password))
      must(
        !found,
        'the password stands in what it printed.',
        () => `read over bob's shoulder: ${found?.slice(0, 4)}…`,
      )
    },
  },
]

/** How a command that receives is graded. */
export const receiver: Grading<CommandedBob> = {
  properties: [...FIRST, ...ofTickets, ...ofTheChannel, ...LAST],
  subject: (command, options) => new CommandedBob(command, options),
  end: (bob) => bob.stop(),
}
