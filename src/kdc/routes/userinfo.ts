/** Messages 3 and 4: a fresh secret to talk to a receiver with, and a ticket that brings it there. */
import { Hono } from 'hono'
import * as v from 'valibot'
import { toBase64url } from '../../lib/bytes.ts'
import { KEY_BYTES, Secret } from '../../lib/crypto/secret.ts'
import { createTicket } from '../../lib/ticket.ts'
import type { Kdc, KdcEnv, RequestView } from '../context.ts'
import * as fields from '../http/fields.ts'
import { remoteAddress } from '../http/remote-address.ts'
import { parse } from '../http/request.ts'
import { sessionRequest } from '../http/sealed-request.ts'
import { openStoredToken } from '../keys/at-rest.ts'
import { authenticate } from '../logins/authenticate.ts'
import { Problem } from '../problems.ts'
import { cutoff } from '../store/sessions.ts'

export const UserinfoRequest = v.object({ receiver: fields.username })

/** `POST /userinfo` */
export function userinfoRoute(kdc: Kdc): Hono<KdcEnv> {
  return new Hono<KdcEnv>().post('/userinfo', sessionRequest(kdc), async (c) =>
    c.json(await answerUserinfo(kdc, c)),
  )
}

/**
 * Makes the secret and the ticket.
 *
 * @returns the answer's JSON.
 * @throws Problem
 */
export async function answerUserinfo(kdc: Kdc, c: RequestView): Promise<object> {
  const { clock, randomBytes, log, ticketLifetimeSec } = kdc
  const { receiver } = parse(UserinfoRequest, c.var.body)
  const { username } = await authenticate(kdc, c)
  const time = clock()
  const { listener, receiversToken } = await findListener(kdc, receiver)
  const secret = new Secret('channel secret', randomBytes(KEY_BYTES))
  const ticket = {
    username,
    ipAddress: remoteAddress(kdc, c),
    secret,
    receiver: listener.username,
    issuedAt: time,
    expiresAt: time + ticketLifetimeSec,
  }
  // Stored tokens are bound to their session's id: it need not be derived again.
  const senderinfo = createTicket(ticket, receiversToken, { randomBytes, sid: listener.sid })
  log.info({ sender: username, receiver: listener.username }, 'ticket_issued')
  return {
    ip_addr: listener.endpoint.address,
    port: listener.endpoint.port,
    secret: secret.toText(),
    senderinfo: toBase64url(senderinfo),
    expires_at: ticket.expiresAt,
    time,
  }
}

async function findListener(kdc: Kdc, receiver: string) {
  const { store, masterKeys } = kdc
  const listener = await store.sessions.findListener(receiver, cutoff(kdc))
  const receiversToken = listener && openStoredToken(masterKeys, listener.sid, listener.sealedToken)
  if (receiversToken) return { listener, receiversToken }
  if (await store.accounts.find(receiver)) {
    throw new Problem('receiver_offline', `${receiver} is not listening anywhere`)
  }
  throw new Problem('receiver_unknown', `there is no account ${receiver}`)
}
