/**
 * Making an account from afar: OPAQUE's registration (RFC 9807 §5). docs/protocol.md §3.8.
 *
 * @module
 */
import * as opaque from '@serenity-kit/opaque'
import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import type { Kdc, KdcEnv } from '../context.ts'
import * as fields from '../http/fields.ts'
import { remoteAddress } from '../http/remote-address.ts'
import { parse } from '../http/request.ts'
import { registrationRequest } from '../http/sealed-request.ts'
import { createRegistrationResponse, validateRecord } from '../logins/registration.ts'
import { Problem } from '../problems.ts'
import { type Account, accountExists } from '../store/accounts.ts'
import { countRegistration, countTry } from '../traffic/login-limits.ts'

export const StartRequest = v.object({ username: fields.username, request: fields.base64url })
export const FinishRequest = v.object({ username: fields.username, record: fields.base64url })

/** `POST /register/start`, `POST /register/finish` */
export function registerRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, opaqueKeys, clock, log } = kdc
  return new Hono<KdcEnv>()
    .post('/register/start', registrationRequest(kdc), async (c) => {
      const { username, request } = parse(StartRequest, c.var.body)
      judgeInvitation(kdc, c, username)
      // With the answer a password can be tried, once: an attacker who collected answers could guess without asking again.
      await countTry(kdc, username, remoteAddress(kdc, c))
      if (await store.accounts.find(username)) throw accountExists(username)
      await opaque.ready
      return c.json({
        response: createRegistrationResponse(opaqueKeys.setup, username, request),
        time: clock(),
      })
    })
    .post('/register/finish', registrationRequest(kdc), async (c) => {
      const { username, record } = parse(FinishRequest, c.var.body)
      // Whether a name is taken can be learned here too.
      await countTry(kdc, username, remoteAddress(kdc, c))
      await opaque.ready
      validateRecord(opaqueKeys.setup, username, record)
      if (await create(kdc, c, { username, record, createdAt: clock() })) {
        log.info(
          { username, ip_addr: remoteAddress(kdc, c), invited: c.var.invitation !== undefined },
          'registered',
        )
      }
      return c.json({ username, time: clock() })
    })
}

function judgeInvitation({ clock }: Kdc, c: Context<KdcEnv>, username: string): void {
  const { invitation } = c.var
  if (!invitation) return
  if (invitation.username !== undefined && invitation.username !== username) {
    throw new Problem('invitation_refused', `this invitation is for ${invitation.username}`)
  }
  if (invitation.usedBy !== undefined)
    throw new Problem('invitation_refused', 'this invitation was used already')
  if (invitation.expiresAt <= clock()) throw new Problem('invitation_refused', 'this invitation has expired')
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
  throw now ? accountExists(username) : new Problem('invitation_refused', 'this invitation was used already')
}
