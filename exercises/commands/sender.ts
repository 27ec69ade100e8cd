/**
 * What is looked at when the sender of exercise 05 is a command: messages 1 to 3 and where it dials, and then all that a function is
 * graded by.
 *
 * @module
 */
import { properties as properties05 } from '../05-the-message/grader.ts'
import { Meetings } from '../05-the-message/meetings.ts'
import { invitation } from '../05-the-message/people.ts'
import { tapped } from '../05-the-message/tap.ts'
import { TEXT } from '../05-the-message/trials.ts'
import { must, type Property } from '../examiner/property.ts'
import { CommandedAlice, type Trouble } from './alice.ts'
import type { Grading } from './grading.ts'

/** What is tried with a command. */
class CommandMeetings extends Meetings {
  declare readonly alice: CommandedAlice

  /** What becomes of it when the KDC refuses something: how it ended, and how often it dialled all the same. */
  async refused(trouble: Trouble) {
    return await tapped(this.alice.address, 1, async (tap) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(resolve, this.alice.patienceSec * 1000, undefined)
      })
      const ending = await Promise.race([this.alice.send(tap.port, invitation(), TEXT, trouble), late])
      clearTimeout(timer)
      if (!ending) await this.alice.restart()
      return { ending, connections: tap.connections }
    })
  }
}

const OWN: readonly Property<CommandMeetings>[] = [
  {
    name: 'alice logs in, asks for bob, and dials once, where the KDC says',
    why:
      'a receiver moves, and has a new port each time. Who dials the same place as yesterday talks to whoever is there today; ' +
      'and a ticket is good for one connection.',
    async check(meetings) {
      const { connections, why } = await meetings.silence(TEXT)
      const [{ asked = [] } = {}] = meetings.alice.runs
      const login = asked.find(({ path }) => path === '/login')
      must(login, `the KDC never got a POST /login: ${why || 'the command ended with status 0.'}`)
      must(
        /^application\/json\b/.test(login.type),
        `its requests are declared as '${login.type}', not as JSON.`,
      )
      must(login.fields.username === 'alice', 'username is not the one that the command was given.')
      must(typeof login.fields.password === 'string', 'the login has no password in it.')
      const userinfo = asked.find(({ path }) => path === '/userinfo')
      must(userinfo, `the KDC never got a POST /userinfo: ${why || 'the command ended with status 0.'}`)
      must(userinfo.fields.receiver === 'bob', 'receiver is not the one that the command was given.')
      must(connections > 0, `nobody dialled where bob is: ${why || 'the command ended with status 0.'}`)
      must(connections === 1, `it dialled ${connections} times with one ticket, and bob takes it once.`)
    },
  },
  {
    name: 'what the KDC refuses ends it',
    why: 'a wrong password, or a receiver that is away, is no message that was sent.',
    async check(meetings) {
      const troubles: [string, Trouble][] = [
        ['the password was wrong', { password: 'another' }],
        ['bob was not listening', { isBobAway: true }],
      ]
      for (const [story, trouble] of troubles) {
        const { ending, connections } = await meetings.refused(trouble)
        must(ending, `${story}, and the command was still running long after that.`)
        must(
          ending.result === 'rejected',
          `${story}, and the command ended with status 0, as if the text had been sent.`,
        )
        must(connections === 0, `${story}, and it dialled all the same.`)
        must(ending.isError, `${story}, and it did not say so in a line of words: ${ending.why}`)
      }
    },
  },
]

const LAST: readonly Property<CommandMeetings>[] = [
  {
    name: 'neither the password nor the token is printed',
    why: 'with the password anybody is alice for ever; with the token, as long as the session lasts.',
    check({ alice }) {
      const printed = alice.runs
        .flatMap(({ secrets }) => secrets)
        .find((text) => alice.printed.includes(text))
      must(
        !printed,
        'one of them stands in what it printed.',
        () => `read over alice's shoulder: ${printed?.slice(0, 4)}…`,
      )
    },
  },
  {
    name: 'each time it dialled once',
    why: 'a second connection with the same ticket is refused by bob, and tells whoever watches that something went wrong.',
    check({ outcomes }) {
      const often = Math.max(...outcomes.map(({ connections }) => connections))
      must(often <= 1, `in one conversation it dialled ${often} times.`)
    },
  },
]

/** How a command that sends is graded. */
export const sender: Grading<CommandMeetings> = {
  properties: [...OWN, ...properties05, ...LAST],
  subject: (command, options) => new CommandMeetings(new CommandedAlice(command, options)),
}
