/**
 * Making an account from afar, and another password: OPAQUE's registration (RFC 9807 §5). docs/protocol.md §3.8, §3.9.
 */
import * as opaque from '@serenity-kit/opaque'
import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { requestKey } from '../accept-once.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import * as fields from '../http/fields.ts'
import { remoteAddress } from '../http/remote-address.ts'
import { parse } from '../http/request.ts'
import { registrationRequest, sessionRequest } from '../http/sealed-request.ts'
import { authenticateFresh } from '../logins/authenticate.ts'
import { createRegistrationResponse, validateRecord } from '../logins/registration.ts'
import { Problem } from '../problems.ts'
import { type Account, accountExists } from '../store/accounts.ts'
import { countRegistration, countTry, forgiveness } from '../traffic/login-limits.ts'

const { base64url, username } = fields

export const StartRequest = v.object({ username, request: base64url })
export const FinishRequest = v.object({ username, record: base64url })
export const StartPasswordRequest = v.object({ request: base64url })
export const FinishPasswordRequest = v.object({ record: base64url })

/** `POST /register/start`, `/register/finish`, `/password/start`, `/password/finish` */
export function registerRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, opaqueKeys, clock, log, subscribers } = kdc

  const respond = async (c: Context<KdcEnv>, username: string, request: string) => {
    await opaque.ready
    const response = createRegistrationResponse(opaqueKeys.setup, username, request)
    return c.json({ response, time: clock() })
  }

  return new Hono<KdcEnv>()
    .post('/register/start', registrationRequest(kdc), async (c) => {
      const { username, request } = parse(StartRequest, c.var.body)
      judgeInvitation(kdc, c, username)
      // With the answer a password can be tried, once: an attacker who collected answers could guess without asking again.
      await countTry(kdc, username, remoteAddress(kdc, c))
      if (await store.accounts.find(username)) throw accountExists(username)
      return respond(c, username, request)
    })
    .post('/register/finish', registrationRequest(kdc), async (c) => {
      const { username, record } = parse(FinishRequest, c.var.body)
      // Whether a name is taken can be learned here too.
      await countTry(kdc, username, remoteAddress(kdc, c))
      await opaque.ready
      validateRecord(opaqueKeys.setup, username, record)
      if (await create(kdc, c, { username, record, createdAt: clock() })) {
        const invited = c.var.invitation !== undefined
        log.info({ username, ip_addr: remoteAddress(kdc, c), invited }, 'registered')
      }
      return c.json({ username, time: clock() })
    })
    .post('/password/start', sessionRequest(kdc), async (c) => {
      const { request } = parse(StartPasswordRequest, c.var.body)
      const { username } = await authenticateFresh(kdc, c)
      // As in /register/start: with many answers one could guess the old password without asking again.
      await countTry(kdc, username, remoteAddress(kdc, c))
      return respond(c, username, request)
    })
    .post('/password/finish', sessionRequest(kdc), async (c) => {
      const { record } = parse(FinishPasswordRequest, c.var.body)
      const { username, sid } = await authenticateFresh(kdc, c)
      await opaque.ready
      validateRecord(opaqueKeys.setup, username, record)
      // A thief of the old password may be why there is a new one: the logins that they have begun end with it.
      const forgive = await forgiveness(kdc, username, remoteAddress(kdc, c))
      const key = await requestKey(kdc, c, username, 'fresh request')
      const outcome = await store.accounts.replaceRecordBy(key, sid, record, forgive)
      if (!outcome) throw new Problem('token_unknown', 'the session was ended: log in again')
      if (outcome === 'changed') {
        subscribers.notify()
        log.info({ username, ip_addr: remoteAddress(kdc, c) }, 'password_changed')
      }
      return c.json({ time: clock() })
    })
}

const refused = (detail: string) => new Problem('invitation_refused', detail)

function judgeInvitation({ clock }: Kdc, c: Context<KdcEnv>, username: string): void {
  const { invitation } = c.var
  if (!invitation) return
  if (invitation.username !== undefined && invitation.username !== username) {
    throw refused(`this invitation is for ${invitation.username}`)
  }
  if (invitation.usedBy !== undefined) throw refused('this invitation was used already')
  if (invitation.expiresAt <= clock()) throw refused('this invitation has expired')
}

/** @returns false when the account was made before, by this very request: its answer was lost, and it was sent again. */
async function create(kdc: Kdc, c: Context<KdcEnv>, account: Account): Promise<boolean> {
  const { accounts, invitations } = kdc.store
  const { username, record } = account
  const before = await accounts.find(username)
  if (before?.record === record) return false
  const { invitation } = c.var
  judgeInvitation(kdc, c, username)
  if (before) throw accountExists(username)
  if (!invitation) await countRegistration(kdc, remoteAddress(kdc, c))
  if (await (invitation ? invitations.accept(invitation.id, account) : accounts.add(account))) return true
  // Another request was faster: with this request, with this name, or with this invitation.
  const now = await accounts.find(username)
  if (now?.record === record) return false
  throw now ? accountExists(username) : refused('this invitation was used already')
}
