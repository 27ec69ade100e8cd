/** Sending messages, in order, each encrypted once: kept first, until they come back among the entries. docs/protocol.md §7.8. */
import { toBase64url } from '../../bytes.ts'
import type { SymbolonError } from '../../errors.ts'
import { toRemove } from '../entries/member-policy.ts'
import { readStored } from '../kdc-answers.ts'
import { makeCommit } from '../make-commit.ts'
import type { MlsClient } from '../mls-client.ts'
import type { Notice } from '../notices.ts'
import { hasCode, isolated, isRefusal, isUnknown } from '../refusals.ts'
import { encodePosition, hasGap, positionOf } from '../state/chain.ts'
import { type Group, labelOf } from '../state/group.ts'
import type { PendingMessage } from '../state/pending.ts'
import type { StoreResult } from '../types.ts'
import { pull, pullAgain } from './pull.ts'
import { changeGroup, MAX_TRIES, settleChange, tooManyTries } from './submit-change.ts'

/**
 * Keeps a message, and sends it and all that was to be sent before it.
 *
 * @throws why the message was refused: it is not sent, and not kept.
 */
export async function sendMessage(
  client: MlsClient,
  group: string,
  payload: Uint8Array,
): Promise<StoreResult> {
  const number = client.mlsStore.nextNumber()
  await client.update(({ outgoing }) => outgoing.set(number, { group, number, payload }))
  try {
    const answer = await sendPending(client, group, number)
    if (answer) return answer
  } catch (error) {
    if (isUnknown(error)) return { stored: false, reason: error }
    if (isRefusal(error)) await client.update(({ outgoing }) => outgoing.set(number, null))
    throw error
  }
  throw new TypeError('a message was neither sent nor refused')
}

/**
 * Sends what is to be sent in a group, in order.
 *
 * @param current - the message that the caller waits for; others that are refused are told of in a notice.
 * @returns what became of that message.
 * @throws why it was refused, or why the KDC was not reached.
 */
async function sendPending(
  client: MlsClient,
  id: string,
  current?: number,
): Promise<StoreResult | undefined> {
  let answer: StoreResult | undefined
  for (let tries = 0; tries < MAX_TRIES; ) {
    await settleChange(client, id)
    const next = client
      .transaction()
      .outgoingOf(id)
      .find(({ stored }) => !stored)
    if (!next) return answer
    await renewEpoch(client, id)
    const sent = await sendOne(client, client.active(id), next, next.number === current)
    if (!sent) tries++
    else if (next.number === current) answer = sent
  }
  throw tooManyTries()
}

/**
 * Members that have left must not be able to read what is said now. And where entries were lost, a new epoch begins, so that members
 * can compare again what they were shown.
 */
async function renewEpoch(client: MlsClient, id: string): Promise<void> {
  await changeGroup(client, id, async (transaction, group) => {
    const leavers = toRemove(group, client.username)
    if (leavers.length === 0 && !hasGap(group.chain)) return undefined
    return makeCommit(client, group, await transaction.state(group), new Map(), leavers)
  })
}

/** @returns nothing when the group has changed meanwhile: the message is to be encrypted anew. */
async function sendOne(
  client: MlsClient,
  group: Group,
  message: PendingMessage,
  isCurrent: boolean,
): Promise<StoreResult | undefined> {
  const { number } = message
  const kept = message.sealed
  const sealed = kept?.epoch === group.epoch ? kept : await sealMessage(client, group, message)
  try {
    const { position, seq } = readStored(await client.post('/groups/send', { group: group.id, ...sealed }))
    const { cursor, outgoing } = client.mlsStore
    const kept = outgoing.get(number)
    if (kept)
      await client.update((draft) => draft.outgoing.set(number, { ...kept, stored: { position, seq } }))
    // It would have come back among the entries already.
    if (position <= cursor) await pullAgain(client)
    return { stored: true }
  } catch (error) {
    if (!isRefusal(error)) throw error
    await pull(client)
    // It is among the entries: an earlier request was heard, and this one came too late.
    if (!client.mlsStore.outgoing.has(number)) return { stored: true }
    if (hasCode(error, 'epoch_passed')) return undefined
    if (isCurrent) throw error
    await client.update((transaction) => {
      transaction.outgoing.set(number, null)
      transaction.notice(messageRefused(client, group, error))
    })
    return { stored: false, reason: error }
  }
}

function messageRefused(client: MlsClient, group: Group | undefined, error: SymbolonError): Notice {
  const label = group ? labelOf(group, client.username) : {}
  const text = `a message was not sent: ${error.message}`
  return { code: 'message_refused', text, ...label, reason: error.code }
}

/** Encrypts a message, and keeps it so with the state after it: no key encrypts two. */
async function sealMessage(
  client: MlsClient,
  group: Group,
  message: PendingMessage,
): Promise<NonNullable<PendingMessage['sealed']>> {
  const { mls } = client
  const transaction = client.transaction()
  const place = encodePosition(positionOf(group.chain))
  const state = await transaction.state(group)
  const made = await mls.createApplicationMessage(state, message.payload, mls.suite, place)
  const bytes = mls.encodeMlsMessage({
    wireformat: 'mls_private_message',
    version: 'mls10',
    privateMessage: made.privateMessage,
  })
  const sealed = { id: client.newId(), epoch: group.epoch, message: toBase64url(bytes) }
  transaction.setState(group.id, made.newState)
  transaction.outgoing.set(message.number, { ...message, sealed })
  transaction.wipe(made.consumed)
  await transaction.write()
  return sealed
}

/** Sends the messages that are not stored yet, in every group. */
export async function sendAllPending(client: MlsClient): Promise<void> {
  const outgoing = [...client.mlsStore.outgoing.values()].filter(({ stored }) => !stored)
  const waiting = new Set(outgoing.map(({ group }) => group))
  for (const id of waiting) {
    await isolated(
      () => sendPending(client, id),
      (error) => dropPending(client, id, error),
    )
  }
}

function dropPending(client: MlsClient, id: string, error: SymbolonError): Promise<void> {
  return client.update((transaction) => {
    for (const { number, stored } of transaction.outgoingOf(id)) {
      if (stored) continue
      transaction.outgoing.set(number, null)
      transaction.notice(messageRefused(client, transaction.groups.get(id), error))
    }
  })
}
