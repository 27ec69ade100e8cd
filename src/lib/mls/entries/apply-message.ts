/**
 * Messages: of others, which are opened; and ours, which have come back. docs/protocol.md §7.5.
 *
 * @module
 */
import { EMPTY, toBase64url } from '../../bytes.ts'
import type { Entry } from '../kdc-answers.ts'
import { decodePayload } from '../payload.ts'
import { decodePrivateMessage } from '../rfc9420/suite.ts'
import { leafAt } from '../rfc9420/tree.ts'
import { comparePosition, decodePosition, extendChain } from '../state/chain.ts'
import { type Group, otherOf } from '../state/group.ts'
import type { ApplyContext } from './apply-context.ts'
import { attempted, skip } from './group-errors.ts'

/** A message that does not open is passed over. */
export async function applyMessage(context: ApplyContext, entry: Entry, group: Group): Promise<void> {
  const { mls, transaction } = context
  const { suite } = mls
  const payload = entry.payload ?? EMPTY
  const chain = extendChain(group.chain, 'message', payload)
  if (takeOwn(context, entry, group)) {
    transaction.setGroup({ ...group, chain })
    return
  }
  const state = await transaction.state(group)
  const result = await attempted(async () => {
    const message = decodePrivateMessage(mls, payload, 'application')
    const data = await mls.decryptSenderData(message, state.keySchedule.senderDataSecret, suite)
    // The sender that MLS authenticates: the message opens under no other leaf's key, and by no other's signature.
    const sender = data && leafAt(state.ratchetTree, data.leafIndex)
    const read = await mls.processPrivateMessage(state, message, mls.emptyPskIndex, suite)
    if (!sender || group.leaving.has(sender.username) || read.kind !== 'applicationMessage') return undefined
    return {
      read,
      message: read.message,
      from: sender.username,
      place: decodePosition(message.authenticatedData),
    }
  })
  if (!result) return skip(context, entry, group, chain)
  comparePosition(group.chain, result.place)
  transaction.wipe(result.read.consumed)
  transaction.setGroup({ ...group, chain }, result.read.newState)
  const { position, seq, at } = entry
  transaction.addMessage(
    { group: group.id, position, seq, at, from: result.from, ...decodePayload(result.message) },
    true,
  )
}

/** A message of ours, which is now in its place. @returns whether it is one. */
export function takeOwn({ transaction, username }: ApplyContext, entry: Entry, about: Group): boolean {
  const { group } = entry
  const sent = transaction.outgoing(group).filter(({ sealed }) => sealed)
  const text = sent.length > 0 ? toBase64url(entry.payload ?? EMPTY) : ''
  const ours = sent.find(({ sealed }) => sealed?.message === text)
  if (!ours) return false
  transaction.setOutgoing(ours.number, null)
  const { position, seq, at } = entry
  // What one leaves for oneself is to be shown as another's would be.
  const isUnread = otherOf(about, username) === username
  transaction.addMessage(
    { group, position, seq, at, from: username, ...decodePayload(ours.payload) },
    isUnread,
  )
  return true
}
