/**
 * How often a password may be tried: by one address for one name, by all addresses for one name, and by one address for all
 * names together. A try is whatever helps to guess: each evaluation of OPAQUE's OPRF for a name, in a login or a
 * registration, and each password sent to `/login`. Names without an account count alike.
 *
 * The limits are soft: tries come back one by one, refusals cost none, and a right password gives back what was spent. From where
 * a name has logged in lately, only the tries from there count: an attacker that guesses elsewhere, from however many addresses, or
 * uses up the tries of a whole address with other names, does not keep its owner out.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { networkOf } from '../network/ip.ts'
import { Problem } from '../problems.ts'
import type { Allowance, Forgiveness } from '../store/attempts.ts'
import type { Store } from '../store/store.ts'

/** How many tries there are at once, and the seconds in which one comes back. */
type Limit = Omit<Allowance, 'name'>

/** What of a KDC is needed here: context.ts says more of each. */
export interface LimitingKdc {
  readonly store: Pick<Store, 'attempts'>
  readonly clock: Clock
  readonly loginLimits: LoginLimits
  readonly log: { warn(fields: object, event: string): void }
}

/** Generous to people: a class of 300 behind one address signs up at once. 1440 guesses a day for one name from there. */
export const LOGIN_LIMITS = {
  nameFromAddress: { burst: 10, intervalSec: 60 },
  name: { burst: 100, intervalSec: 10 },
  address: { burst: 600, intervalSec: 1 },
  /** Accounts made without an invitation from one address. */
  registration: { burst: 300, intervalSec: 10 },
} satisfies Record<string, Limit>

export type LoginLimits = Readonly<typeof LOGIN_LIMITS>

/** The network of a login is familiar for so long: a month. */
const FAMILIAR_SEC = 30 * 24 * 60 * 60

/** The same with another number of tries for a name from one address; the others keep their proportion to it. */
export function loginLimits(tries: number): LoginLimits {
  const scale = tries / LOGIN_LIMITS.nameFromAddress.burst
  const scaled = ({ burst, intervalSec }: Limit) => ({ burst: Math.ceil(burst * scale), intervalSec })
  return {
    nameFromAddress: scaled(LOGIN_LIMITS.nameFromAddress),
    name: scaled(LOGIN_LIMITS.name),
    address: scaled(LOGIN_LIMITS.address),
    registration: scaled(LOGIN_LIMITS.registration),
  }
}

/**
 * Counts a try.
 *
 * @returns what was counted, for `Attempts.giveBack` when it turns out to be none.
 * @throws Problem `too_many_attempts`, with `Retry-After`.
 */
export async function countTry(
  kdc: LimitingKdc,
  username: string,
  address: string,
): Promise<readonly Allowance[]> {
  const { nameFromAddress, name, address: fromAddress } = triesOf(kdc.loginLimits, username, address)
  const familiar = await kdc.store.attempts.isFamiliar(familiarName(username, address), kdc.clock())
  const tries = familiar ? [nameFromAddress] : [nameFromAddress, name, fromAddress]
  await takeAllowances(kdc, tries, { ip_addr: address })
  return tries
}

/** Counts an account that is made without an invitation. @throws Problem `too_many_attempts`, with `Retry-After`. */
export async function countRegistration(kdc: LimitingKdc, address: string): Promise<void> {
  const allowance = { name: `register from ${networkOf(address)}`, ...kdc.loginLimits.registration }
  await takeAllowances(kdc, [allowance], { ip_addr: address })
}

export async function forgiveness(kdc: LimitingKdc, username: string, address: string): Promise<Forgiveness> {
  const { store, loginLimits, clock } = kdc
  const tries = triesOf(loginLimits, username, address)
  const familiar = familiarName(username, address)
  return {
    names: [tries.nameFromAddress.name, tries.name.name],
    // One only, and only if it was spent: the owner of one account must not guess at all the others between logins.
    oneOf: (await store.attempts.isFamiliar(familiar, clock())) ? [] : [tries.address],
    familiar,
    forgetAt: clock() + FAMILIAR_SEC,
  }
}

/**
 * Takes from all of these, or none.
 *
 * @param fields - for the log.
 * @param what - in words, for the problem.
 * @throws Problem `too_many_attempts`, with `Retry-After`.
 */
export async function takeAllowances(
  { store, clock, log }: Omit<LimitingKdc, 'loginLimits'>,
  allowances: readonly Allowance[],
  fields: object,
  what = 'tries',
): Promise<void> {
  const waitSec = await store.attempts.take(allowances, clock())
  if (waitSec === 0) return
  log.warn(fields, 'too_many_attempts')
  throw new Problem('too_many_attempts', `too many ${what}: try again in ${waitSec} s`, {
    'Retry-After': String(waitSec),
  })
}

// What a user typed for a name may be a password: it is not to be read from the database.
function hidden(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

const familiarName = (username: string, address: string) => hidden(`${username} at ${networkOf(address)}`)

function triesOf(limits: LoginLimits, username: string, address: string) {
  const network = networkOf(address)
  return {
    nameFromAddress: { name: hidden(`login ${username} from ${network}`), ...limits.nameFromAddress },
    name: { name: hidden(`login ${username}`), ...limits.name },
    address: { name: `login from ${network}`, ...limits.address },
  }
}
