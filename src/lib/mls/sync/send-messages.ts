/**
 * Sending messages, in order, each encrypted once: kept first, until they come back among the entries. docs/protocol.md §7.8.
 *
 * @module
 */

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
import type { Outgoing } from '../state/pending.ts'
import type { Sent } from '../types.ts'
import { pull, pullAgain } from './pull.ts'
import { changeGroup, MAX_TRIES, settleChange, tooManyTries } from './submit-change.ts'

/**
 * Keeps a message, and sends it and all that was to be sent before it.
 *
 * @throws why the message was refused: it is not sent, and not kept.
 */
export async function sendMessage(client: MlsClient, group: string, payload: Uint8Array): Promise<Sent> {
  const number = client.mlsStore.nextNumber()
  const transaction = client.transaction()
  transaction.setOutgoing(number, { group, number, payload })
  await transaction.write()
  try {
    const answer = await sendPending(client, group, number)
    if (answer) return answer
  } catch (error) {
    if (isUnknown(error)) return { stored: false, reason: error }
    if (isRefusal(error)) await dropMessage(client, number)
    throw error
  }
  throw new TypeError('a message was neither sent nor refused')
}

async function dropMessage(client: MlsClient, number: number): Promise<void> {
  const transaction = client.transaction()
  transaction.setOutgoing(number, null)
  await transaction.write()
}

/**
 * Sends what is to be sent in a group, in order.
 *
 * @param current - the message that the caller waits for; others that are refused are told of in a notice.
 * @returns what became of that message.
 * @throws why it was refused, or why the KDC was not reached.
 */
async function sendPending(client: MlsClient, id: string, current?: number): Promise<Sent | undefined> {
  let answer: Sent | undefined
  for (let tries = 0; tries < MAX_TRIES; ) {
    await settleChange(client, id)
    const next = nextOutgoing(client, id)
    if (!next) return answer
    await renewEpoch(client, id)
    const sent = await sendOne(client, client.active(id), next, next.number === current)
    if (!sent) tries++
    else if (next.number === current) answer = sent
  }
  throw tooManyTries()
}

function nextOutgoing(client: MlsClient, id: string): Outgoing | undefined {
  return client
    .transaction()
    .outgoing(id)
    .find(({ stored }) => !stored)
}

/**
 * Those who have left must not be able to read what is said now. And where entries were lost, a new epoch begins, so that members
 * can compare again what they were shown.
 */
async function renewEpoch(client: MlsClient, id: string): Promise<void> {
  await changeGroup(client, id, async (transaction, group) => {
    const leavers = toRemove(group, client.username)
    if (leavers.length === 0 && !hasGap(group.chain)) return undefined
    return makeCommit(client.maker, group, await transaction.state(group), new Map(), leavers)
  })
}

/** @returns nothing when the group has changed meanwhile: the message is to be encrypted anew. */
async function sendOne(
  client: MlsClient,
  group: Group,
  message: Outgoing,
  isCurrent: boolean,
): Promise<Sent | undefined> {
  const { number } = message
  const {
    id,
    epoch,
    message: text,
  } = message.sealed?.epoch === group.epoch ? message.sealed : await sealMessage(client, group, message)
  try {
    const body = { group: group.id, epoch, message: text, id }
    const { position, seq } = readStored(await client.post('/groups/send', body))
    const { cursor } = client.mlsStore
    await markStored(client, number, { position, seq })
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
    const transaction = client.transaction()
    transaction.setOutgoing(number, null)
    transaction.notice(messageRefused(client, group, error))
    await client.write(transaction)
    return { stored: false, reason: error }
  }
}

async function markStored(
  client: MlsClient,
  number: number,
  stored: NonNullable<Outgoing['stored']>,
): Promise<void> {
  const message = client.mlsStore.outgoing.get(number)
  if (!message) return
  const transaction = client.transaction()
  transaction.setOutgoing(number, { ...message, stored })
  await transaction.write()
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
  message: Outgoing,
): Promise<NonNullable<Outgoing['sealed']>> {
  const { mls } = client.mlsStore
  const transaction = client.transaction()
  const place = encodePosition(positionOf(group.chain))
  const state = await transaction.state(group)
  const made = await mls.createApplicationMessage(state, message.payload, mls.suite, place)
  const bytes = mls.encodeMlsMessage({
    wireformat: 'mls_private_message',
    version: 'mls10',
    privateMessage: made.privateMessage,
  })
  const sealed = { id: client.maker.newId(), epoch: group.epoch, message: toBase64url(bytes) }
  transaction.setState(group.id, made.newState)
  transaction.setOutgoing(message.number, { ...message, sealed })
  transaction.wipe(made.consumed)
  await transaction.write()
  return sealed
}

/** Sends what waits to be sent, in every group. */
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

async function dropPending(client: MlsClient, id: string, error: SymbolonError): Promise<void> {
  const transaction = client.transaction()
  for (const { number, stored } of transaction.outgoing(id)) {
    if (stored) continue
    transaction.setOutgoing(number, null)
    transaction.notice(messageRefused(client, transaction.group(id), error))
  }
  await client.write(transaction)
}
