/** Inviting people: makes invitations and keeps what is needed to know them again, which is not they themselves. */
import { type RandomBytes, secureRandomBytes } from '../../lib/crypto/random.ts'
import { createInvitation, invitationToken } from '../../lib/invitation.ts'
import { sessionId } from '../../lib/ticket.ts'
import { sealStoredToken } from '../keys/at-rest.ts'
import type { MasterKeys } from '../keys/master-keys.ts'
import type { Store } from '../store/store.ts'

/** A person, and the invitation, a secret: to be handed over, and kept nowhere. */
export interface Invited {
  /** Whom it is for; nothing where it is good for any name. */
  readonly username: string | undefined
  /** Nothing for a name that has an account already. */
  readonly invitation: string | undefined
}

export interface Inviting {
  readonly store: Store
  readonly masterKeys: MasterKeys
  readonly randomBytes?: RandomBytes
}

/**
 * Makes an invitation for each of these that has no account. All are stored, or none.
 *
 * @param names - as `parseUsername` gives them, each once; `undefined` for one that is good for any name.
 * @param expiresAt - Unix seconds.
 * @returns them in the same order.
 * @throws StoreError `store_unavailable`.
 */
export async function invite(
  { store, masterKeys, randomBytes = secureRandomBytes }: Inviting,
  names: readonly (string | undefined)[],
  expiresAt: number,
): Promise<Invited[]> {
  const invited = await Promise.all(
    names.map(async (username) => {
      const hasAccount = username !== undefined && (await store.accounts.find(username)) !== undefined
      return { username, invitation: hasAccount ? undefined : draw(randomBytes) }
    }),
  )
  await store.invitations.add(
    invited.flatMap(({ username, invitation }) => {
      if (invitation === undefined) return []
      const token = invitationToken(invitation)
      const id = sessionId(token)
      return [{ id, username, sealedToken: sealStoredToken(masterKeys, id, token, randomBytes), expiresAt }]
    }),
  )
  return invited
}

// What begins with a minus is a formula to a spreadsheet, and an option to a command line.
function draw(randomBytes: RandomBytes): string {
  const invitation = createInvitation(randomBytes)
  return invitation.startsWith('-') ? draw(randomBytes) : invitation
}
