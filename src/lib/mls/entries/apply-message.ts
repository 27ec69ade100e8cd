/**
 * Messages: of others, which are opened; and ours, which have come back. docs/protocol.md §7.5.
 *
 * @module
 */
import { EMPTY, toBase64url } from '../../bytes.ts'
import type { Entry } from '../kdc-answers.ts'
import { decodePayload } from '../payload.ts'
import { decodePrivateMessage } from '../rfc9420/mls-message.ts'
import { leafAt } from '../rfc9420/tree.ts'
import { comparePlace, decodePlace, extendChain } from '../state/chain.ts'
import { type Group, otherOf } from '../state/group.ts'
import type { Intake } from './apply-context.ts'
import { attempted, skip } from './group-errors.ts'

/** A message that does not open is passed over. */
export async function applyMessage(intake: Intake, entry: Entry, group: Group): Promise<void> {
  const { mls, draft } = intake
  const { api, suite } = mls
  const payload = entry.payload ?? EMPTY
  const chain = extendChain(group.chain, 'message', payload)
  if (takeOwn(intake, entry, group)) {
    draft.setGroup({ ...group, chain })
    return
  }
  const state = await draft.state(group)
  const result = await attempted(async () => {
    const message = decodePrivateMessage(mls, payload, 'application')
    const data = await mls.decryptSenderData(message, state.keySchedule.senderDataSecret, suite)
    // The sender that MLS authenticates: the message opens under no other leaf's key, and by no other's signature.
    const sender = data && leafAt(state.ratchetTree, data.leafIndex)
    const read = await api.processPrivateMessage(state, message, api.emptyPskIndex, suite)
    if (!sender || group.leaving.has(sender.username) || read.kind !== 'applicationMessage') return undefined
    return {
      read,
      message: read.message,
      from: sender.username,
      place: decodePlace(message.authenticatedData),
    }
  })
  if (!result) return skip(intake, entry, group, chain)
  comparePlace(group.chain, result.place)
  draft.wipe(result.read.consumed)
  draft.setGroup({ ...group, chain }, result.read.newState)
  const { position, seq, at } = entry
  draft.addMessage(
    { group: group.id, position, seq, at, from: result.from, ...decodePayload(result.message) },
    true,
  )
}

/** A message of ours, which is now in its place. @returns whether it is one. */
export function takeOwn({ draft, username }: Intake, entry: Entry, about: Group): boolean {
  const { group } = entry
  const sent = draft.outgoing(group).filter(({ sealed }) => sealed)
  const text = sent.length > 0 ? toBase64url(entry.payload ?? EMPTY) : ''
  const ours = sent.find(({ sealed }) => sealed?.message === text)
  if (!ours) return false
  draft.setOutgoing(ours.number, null)
  const { position, seq, at } = entry
  // What one leaves for oneself is to be shown as another's would be.
  const isUnread = otherOf(about, username) === username
  draft.addMessage({ group, position, seq, at, from: username, ...decodePayload(ours.payload) }, isUnread)
  return true
}
