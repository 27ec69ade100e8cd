/**
 * How long a ticket is good, and that it is good once: the times in it, and what is remembered.
 *
 * @module
 */
import { concat, EMPTY } from 'symbolon/protocol'
import { must, type Property } from '../examiner/property.ts'
import { type Bob, type BobsLogin, fields, HEADER_BYTES, type Judged, ticket } from './people.ts'
import { WORDS } from './properties.ts'
import { bytes, mustRefuse, NOW, opens } from './refused.ts'

/** Which of these tickets opens a second channel. */
async function firstReopened(bob: BobsLogin, used: readonly Uint8Array[]): Promise<string | undefined> {
  for (const [i, one] of used.entries()) {
    const outcome = await bob.refused(one)
    if (outcome)
      return `ticket ${i + 1} had been used, and was forgotten for it. It was sent again: ${opens(outcome.gave)}`
  }
  return undefined
}

export const ofMemory: readonly Property<Bob>[] = [
  {
    ...WORDS.times,
    async check(bob) {
      const login = await bob.login()
      // Not the program's own clock.
      const now = NOW + 3 * 86_400
      let callers = 0
      const times = (issued: number, expires: number) =>
        ticket(
          login.token,
          fields({ username: `user-${++callers}`, issued_at: now + issued, expires_at: now + expires }),
        )
      await login.accepts(
        times(0, 300),
        'a ticket that was made in this second (by the clock that judge is given)',
        now,
      )
      const old = (gave: Judged) => `a ticket that lay around since it ended: ${opens(gave)}`
      await mustRefuse(login, times(-31_536_300, -31_536_000), 'a ticket that expired a year ago', now, old)
      await mustRefuse(login, times(-400, -61), 'a ticket that expired 61 seconds ago', now, old)
      await mustRefuse(login, times(-400, -60), 'a ticket that expired 60 seconds ago', now, old)
      await login.accepts(times(-400, -59), 'a ticket that expired 59 seconds ago', now)
      await login.accepts(times(60, 360), 'a ticket that was made 60 seconds from now', now)
      await mustRefuse(login, times(61, 361), 'a ticket that was made 61 seconds from now', now)
      await mustRefuse(login, times(86_400, 86_700), 'a ticket that was made tomorrow', now)
    },
  },
  {
    ...WORDS.once,
    async check(bob) {
      const login = await bob.login()
      const sent = ticket(login.token)
      await login.accepts(sent, 'a good ticket')
      const twice = (gave: Judged) =>
        `alice has called once. The recorded ticket was sent again: ${opens(gave)} It is the second one.`
      await mustRefuse(login, sent, 'the same ticket again', NOW, twice)
      await mustRefuse(login, sent, 'the same ticket a third time', NOW, twice)
      await login.accepts(ticket(login.token), 'another ticket of the same sender, in the same second,')
      await login.accepts(ticket(login.token, fields({ username: 'carol' })), "carol's ticket")
      await mustRefuse(login, sent, 'the same ticket after others had come', NOW + 5, twice)
      const salt = bytes(32).fill(0xfe)
      await login.accepts(
        ticket(login.token, fields(), { salt }),
        'a good ticket with fe in each byte of its salt',
      )
      for (const at of salt.keys()) {
        const other = salt.map((byte, i) => (i === at ? 0xff : byte))
        const near = ticket(login.token, fields({ username: 'carol' }), { salt: other })
        await login.accepts(near, `a ticket whose salt differs from that of a used one in byte ${at} alone`)
      }
      for (let i = 0; i < 20; i++) await login.accepts(ticket(login.token), 'a good ticket', NOW + 10)
      await mustRefuse(login, sent, 'the same ticket after twenty others had come', NOW + 200, twice)
      await mustRefuse(
        login,
        sent,
        'the same ticket 59 seconds after it expired, when it would still be good,',
        NOW + 290 + 59,
        twice,
      )
    },
  },
  {
    ...WORDS.logins,
    async check(bob) {
      const [one, two] = [await bob.login(), await bob.login()]
      const salt = bytes(32)
      await one.accepts(ticket(one.token, fields(), { salt }), 'a ticket at the first of two logins')
      await two.accepts(
        ticket(two.token, fields(), { salt }),
        'a good ticket at the second of two logins, with a salt that the first login had seen,',
      )
      await mustRefuse(one, ticket(two.token), 'a ticket of the second of two logins, at the first,')
      const [first, second] = [await bob.login(2), await bob.login(2)]
      for (const login of [first, first, second, second])
        await login.accepts(ticket(login.token), 'a good ticket, when each of two logins has room for two,')
      must(
        (await second.log()).length === 0,
        'nothing was refused at this login, and its log says something.',
      )
    },
  },
  {
    ...WORDS.refusedUsesNothing,
    async check(bob) {
      const login = await bob.login(2)
      const { token } = login
      const alices = ticket(token)
      const forged = concat(alices.subarray(0, HEADER_BYTES), bytes(alices.length - HEADER_BYTES))
      const robbed = async (what: string) => {
        const outcome = await login.refused(alices)
        must(
          outcome,
          `${what}; then alice's own ticket came, and was refused: ${bob.errors.at(-1)?.message}`,
          () =>
            'an attacker without a key has seen the salt go by, and has kept alice from bob. It works for every ticket, and for everybody.',
        )
      }
      await login.refused(forged)
      for (const content of [
        fields({ receiver: 'carol' }),
        fields({ expires_at: NOW - 100 }),
        fields({ issued_at: NOW + 100 }),
        'alice',
      ]) {
        await login.refused(ticket(token, content))
      }
      await robbed("a forged ticket came with the salt of alice's, and some for others and for other times")
      await login.refused(alices)
      await login.accepts(
        ticket(token),
        'a second ticket, with room for two and nothing but refused tickets in between,',
      )
      const early = await bob.login()
      const soon = ticket(early.token, fields({ issued_at: NOW + 70 }))
      await mustRefuse(early, soon, 'a ticket that was made 70 seconds from now')
      await early.accepts(
        soon,
        'a ticket that was refused because it was too early, and came again when it was not,',
        NOW + 20,
      )
    },
  },
  {
    ...WORDS.memory,
    async check(bob) {
      const login = await bob.login(3)
      const { token } = login
      const long = ticket(token, fields({ expires_at: NOW + 1000 }))
      const sent = [long, ticket(token), ticket(token)]
      for (const [i, one] of sent.entries()) await login.accepts(one, `ticket ${i + 1}, with room for three,`)
      const late = ticket(token, fields({ expires_at: NOW + 2000 }))
      const fourth = await login.refused(late)
      const reopened = fourth && (await firstReopened(login, sent))
      must(
        !fourth,
        'a fourth ticket, with room for three, was accepted.',
        () => reopened ?? 'with tickets enough, any sender fills the memory of this machine.',
      )
      const again = (gave: Judged) =>
        `the ticket had been used, and was forgotten too early. It was sent again: ${opens(gave)}`
      for (const [i, one] of sent.entries())
        await mustRefuse(
          login,
          one,
          `ticket ${i + 1} again, when a fourth had come and there was room for three,`,
          NOW + 1,
          again,
        )
      const roomy = await bob.login(50)
      const short = [ticket(roomy.token), ticket(roomy.token, fields({ expires_at: NOW + 20 }))]
      const longer = ticket(roomy.token, fields({ expires_at: NOW + 5000 }))
      for (const one of [longer, ...short]) await roomy.accepts(one, 'a good ticket')
      for (const [later, one, what] of [
        [25, short[1], '5 seconds'],
        [79, short[1], '59 seconds'],
        [300, short[0], '10 seconds'],
        [349, short[0], '59 seconds'],
      ] as const) {
        await roomy.accepts(
          ticket(roomy.token, fields({ expires_at: NOW + 4000 })),
          'a good ticket',
          NOW + later,
        )
        await mustRefuse(
          roomy,
          one ?? EMPTY,
          `a used ticket, ${what} after it expired, when it would still be good,`,
          NOW + later,
          again,
        )
      }
      for (const later of [400, 1000, 4900, 5059]) {
        await roomy.refused(ticket(roomy.token), NOW + later)
        const fresh = fields({ issued_at: NOW + later, expires_at: NOW + later + 300 })
        await roomy.accepts(ticket(roomy.token, fresh), 'a good ticket', NOW + later)
        await mustRefuse(
          roomy,
          longer,
          `a used ticket that is good for long, ${later} seconds later,`,
          NOW + later,
          again,
        )
      }
      // When the three have expired, there is room again: for the one that was refused too, since it was not used.
      const now = NOW + 1060
      await login.accepts(
        late,
        'when all three had expired, the ticket for which there had been no room',
        now,
      )
      for (const i of [2, 3])
        await login.accepts(
          ticket(token, fields({ expires_at: now + 100 })),
          `when all three had expired, new ticket ${i} of 3`,
          now,
        )
      await mustRefuse(login, ticket(token, fields({ expires_at: now + 100 })), 'new ticket 4 of 3', now)
    },
  },
]
