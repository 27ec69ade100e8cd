/** Tokens and tickets for tests, with everything chosen unless a test says otherwise. */
import { secureRandomBytes } from '../../src/lib/crypto/random.ts'
import { Secret } from '../../src/lib/crypto/secret.ts'
import { createTicket, type Ticket } from '../../src/lib/ticket.ts'

/** The time at which these tests happen, Unix seconds. */
export const NOW = 1_800_000_000

export const newToken = () => new Secret('session token', secureRandomBytes(32))
export const newSecret = () => new Secret('channel secret', secureRandomBytes(32))

/** A ticket from alice to bob, good at NOW, sealed under bob's token. */
export function makeTicket(
  token: Secret,
  fields: Partial<Ticket> = {},
): { bytes: Uint8Array; ticket: Ticket } {
  const ticket: Ticket = {
    username: 'alice',
    ipAddress: '192.0.2.1',
    secret: newSecret(),
    receiver: 'bob',
    issuedAt: NOW,
    expiresAt: NOW + 300,
    ...fields,
  }
  return { bytes: createTicket(ticket, token), ticket }
}
