/** Taking our place again in groups that we cannot read any more (RFC 9420 §12.4.3.2). docs/protocol.md §7.5. */
import { ProtocolError, type SymbolonError } from '../errors.ts'
import { groupUnknown } from './conversations.ts'
import { breakGroup, damaged, isBreaking, opened, passGap } from './entries/group-errors.ts'
import { endlessList, isAlone, type ListedGroup, listGroups, readInfo } from './kdc-answers.ts'
import { judgeKeys } from './keys/contacts.ts'
import { makeRejoin } from './make-commit.ts'
import type { MlsClient } from './mls-client.ts'
import { isolated } from './refusals.ts'
import { KEYS } from './state/framing.ts'
import { type Group, isNameTaken, labelOf, presentIn } from './state/group.ts'
import { pull, pullAgain } from './sync/pull.ts'
import { MAX_TRIES, settleChange, submitChange, tooManyTries } from './sync/submit-change.ts'
import type { Conversation } from './types.ts'

/**
 * Takes our place in a group again, by an external commit.
 *
 * @throws ProtocolError `member_unverified`, `history_damaged`; and as `change`.
 */
export async function rejoin(client: MlsClient, id: string): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const begun = client.mlsStore.changes.get(id)
    // Begun before a crash.
    if ((await settleChange(client, id)) && begun?.op === 'rejoin') return
    const info = readInfo(await client.post('/groups/info', { group: id }))
    const transaction = client.transaction()
    const { change, others } = await opened(
      () => makeRejoin(client, transaction.identity, id, info),
      'the group cannot be rejoined: what describes it does not open',
    )
    const known = transaction.groups.get(id)?.descriptor
    if (known && JSON.stringify(known) !== JSON.stringify(change.descriptor)) {
      throw new ProtocolError('member_unverified', 'the group is not what it was')
    }
    if (isNameTaken(transaction.groups.values(), id, change.descriptor)) {
      throw new ProtocolError('member_unverified', 'we are in another group of the same name')
    }
    await judgeKeys(transaction, client.post, others, true)
    const before = client.mlsStore.groups.get(id)
    if (await submitChange(client, id, change, transaction)) return tellChanged(client, id, before)
  }
  throw tooManyTries()
}

async function tellChanged(client: MlsClient, id: string, before: Group | undefined): Promise<void> {
  const group = client.mlsStore.groups.get(id)
  if (!group) return
  const label = labelOf(group, client.username)
  const kind = label.username === undefined ? 'group' : 'conversation'
  const transaction = client.transaction()
  const [from, to] = [(before?.chain.seq ?? 0) + 1, group.chain.seq - 1]
  if (from <= to) {
    const text = `back in the ${kind}; what was said before, and not read here, is lost (entries ${from} to ${to})`
    transaction.notice({ code: 'history_lost', text, ...label, from, to })
  }
  if (!before?.descriptor && group.descriptor?.kind === 'named') {
    const { username } = client
    const others = without(presentIn(group), [username])
    const text = `back in the group; in it are you${others.map((name) => `, ${name}`).join('')}`
    transaction.notice({ code: 'member_rejoined', text, ...label, username })
  }
  // No member comes into a group unseen, whether the KDC or a member has told us of the group.
  if (before?.descriptor) {
    for (const username of without(presentIn(group), before.members)) {
      const text = `${username} is in the ${kind} now, and was not before`
      transaction.notice({ code: 'member_added', text, ...label, username })
    }
    for (const username of without(presentIn(before), presentIn(group))) {
      const text = `${username} is not in the ${kind} any more`
      transaction.notice({ code: 'member_removed', text, ...label, username })
    }
  }
  await client.write(transaction)
}

/**
 * Rejoins a group or conversation of which nothing is known here but what the KDC says.
 *
 * @throws ProtocolError `group_unknown`, and as `rejoin`.
 */
export async function rejoinListed(client: MlsClient, of: Conversation): Promise<void> {
  const { username } = client
  const isMeant = ({ kind, name, members }: ListedGroup) =>
    'group' in of
      ? name === of.group
      : kind === 'direct' && members.includes(username) && members.includes(of.with)
  const { groups, isComplete } = await listGroups(client.post, isMeant)
  const found = groups.find(isMeant)
  if (!found) throw isComplete ? groupUnknown() : endlessList()
  await rejoin(client, found.group)
}

/**
 * Rejoins what the KDC says we are in and we cannot read because our state is lost or damaged, or a commit is. Of other groups into
 * which we came without a word it only tells: any account could make us take a place in groups without end.
 */
export async function rejoinLost(client: MlsClient): Promise<void> {
  const { groups: listed, isComplete } = await listGroups(client.post)
  await rejoinLostOf(client, listed)
  // The next contact sees to the others, should there be any.
  if (!isComplete) throw endlessList()
  await markSettled(client)
}

async function rejoinLostOf(client: MlsClient, listed: readonly ListedGroup[]): Promise<void> {
  await catchUp(client, listed)
  // Where no other member is, nothing is to be read again; and what describes it the KDC could have made up.
  const groups = listed.filter((one) => !isAlone(one, client.username)).map(({ group }) => group)
  const nameOf = (id: string) => listed.find(({ group }) => group === id)?.name
  const { settled } = client.transaction().identity
  if (!groups.some((group) => isLostHere(client, group))) return
  // Perhaps we have only just been added: the invitation then came before the list.
  await pull(client)
  for (const group of groups) {
    if (!isLostHere(client, group)) continue
    if (settled && !(await wasKnown(client, group))) {
      const which = nameOf(group) ?? 'a conversation'
      const text = `the KDC says that you are in ${which}, of which nothing is known here: rejoin it to read it`
      await giveUpRejoin(client, group, damaged(text))
      continue
    }
    await isolated(
      () => rejoin(client, group),
      (error) => giveUpRejoin(client, group, error),
    )
  }
}

async function wasKnown(client: MlsClient, id: string): Promise<boolean> {
  const { groups, store } = client.mlsStore
  return groups.has(id) || (await store.get(KEYS.state(id))) !== undefined
}

/** From now on we are in no group without knowing it. */
async function markSettled(client: MlsClient): Promise<void> {
  const { identity } = client.transaction()
  if (identity.settled) return
  await client.update((transaction) => {
    transaction.identity = { ...identity, settled: true }
  })
}

function isLostHere(client: MlsClient, id: string): boolean {
  const group = client.mlsStore.groups.get(id)
  if (!group) return !client.mlsStore.changes.has(id)
  return isLost(group)
}

/** A group that cannot be rejoined now is not tried for ever. */
async function giveUpRejoin(client: MlsClient, id: string, error: SymbolonError): Promise<void> {
  if (!(error instanceof ProtocolError)) return
  await client.update((transaction) => breakGroup(client.context(transaction), { group: id }, error))
}

/** Whether a group is one whose members we can only become again. */
export function isLost({ status, reason }: Pick<Group, 'status' | 'reason'>): boolean {
  return status === 'broken' && (reason === 'state_damaged' || reason === 'history_lost')
}

const without = (names: readonly string[], others: readonly string[]) =>
  names.filter((name) => !others.includes(name))

/**
 * Compares what the KDC says of groups with what it has given. A KDC that once gave a position beyond all others gives nothing after it
 * any more, even when it is honest again: so everything is fetched from the beginning. What it does not give then either is lost.
 */
async function catchUp(client: MlsClient, listed: readonly ListedGroup[]): Promise<void> {
  const behind = () =>
    listed.filter(({ group: id, seq }) => {
      const group = client.mlsStore.groups.get(id)
      return group?.status === 'active' && group.chain.seq < seq
    })
  // It may have come since the mailbox was fetched.
  if (behind().length > 0) await pull(client)
  if (behind().length > 0) await pullAgain(client)
  const transaction = client.transaction()
  const context = client.context(transaction)
  for (const { group: id, seq, epoch } of behind()) {
    const group = transaction.groups.get(id)
    if (!group) continue
    try {
      passGap(context, { seq: seq + 1, epoch }, group)
    } catch (error) {
      if (!isBreaking(error)) throw error
      breakGroup(context, { group: id }, error)
    }
  }
  await client.write(transaction)
}
