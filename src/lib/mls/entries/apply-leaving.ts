/**
 * Proposals: of all that MLS has, only that of leaving oneself (RFC 9420 §12.1.3). docs/protocol.md §7.5.
 *
 * @module
 */
import type { ClientState, Proposal } from 'ts-mls'
import { EMPTY } from '../../bytes.ts'
import type { Entry } from '../kdc-answers.ts'
import { decodePrivateMessage } from '../rfc9420/mls-message.ts'
import { leafAt } from '../rfc9420/tree.ts'
import { comparePosition, decodePosition, extendChain } from '../state/chain.ts'
import { type Group, labelOf } from '../state/group.ts'
import type { ApplyContext } from './apply-context.ts'
import { attempted, skip } from './group-errors.ts'
import { isAdmin } from './policy.ts'

/** What does not open, or is another proposal, is passed over. */
export async function applyLeaving(context: ApplyContext, entry: Entry, group: Group): Promise<void> {
  const { mls, transaction } = context
  const { api, suite } = mls
  const chain = extendChain(group.chain, 'proposal', entry.payload ?? EMPTY)
  const state = await transaction.state(group)
  let leaver: string | undefined
  const result = await attempted(async () => {
    const message = decodePrivateMessage(mls, entry.payload ?? EMPTY, 'proposal')
    const read = await api.processPrivateMessage(state, message, api.emptyPskIndex, suite, (incoming) => {
      if (incoming.kind === 'proposal') {
        const { proposal, senderLeafIndex } = incoming.proposal
        leaver = leaverBy(state, proposal, senderLeafIndex)
      }
      // Not kept by MLS: who commits names the leaver itself, in whatever epoch that will be.
      return 'reject'
    })
    return { read, place: decodePosition(message.authenticatedData) }
  })
  if (!result || leaver === undefined || isAdmin(group, leaver) || group.charter?.kind !== 'named') {
    return skip(context, entry, group, chain)
  }
  comparePosition(group.chain, result.place)
  transaction.wipe(result.read.consumed)
  const leaving = new Map(group.leaving).set(leaver, entry.seq)
  transaction.setGroup({ ...group, chain, leaving }, result.read.newState)
  const text = `${leaver} has left the group`
  transaction.notice({ code: 'member_left', text, ...labelOf(group, context.username), username: leaver })
}

function leaverBy(state: ClientState, proposal: Proposal, sender: number | undefined): string | undefined {
  if (sender === undefined || proposal.proposalType !== 'remove' || proposal.remove.removed !== sender)
    return undefined
  return leafAt(state.ratchetTree, sender)?.username
}
