/**
 * Taking our place again in groups that we cannot read any more (RFC 9420 §12.4.3.2). docs/protocol.md §7.5.
 *
 * @module
 */
import { ProtocolError, type SymbolonError } from '../errors.ts'
import { catchUp } from './catch-up.ts'
import { groupUnknown } from './conversations.ts'
import { breakGroup, damaged } from './entries/group-errors.ts'
import type { Conversation } from './group-info.ts'
import { endlessList, isAlone, type ListedGroup, listGroups } from './group-list.ts'
import { readInfo } from './kdc-answers.ts'
import { judgeKeys } from './keys/contacts.ts'
import { makeRejoin } from './make-commit.ts'
import type { MlsClient } from './mls-client.ts'
import { isolated } from './refusals.ts'
import { type Group, isNameTaken, labelOf, presentIn } from './state/group.ts'
import type { Transaction } from './state/mls-store.ts'
import { KEYS } from './state/store-keys.ts'
import type { Puller } from './sync/puller.ts'
import { MAX_TRIES, type Submitter, tooManyTries } from './sync/submitter.ts'

export class Rejoiner {
  readonly #client: MlsClient
  readonly #puller: Puller
  readonly #submitter: Submitter

  constructor(client: MlsClient, puller: Puller, submitter: Submitter) {
    this.#client = client
    this.#puller = puller
    this.#submitter = submitter
  }

  /**
   * Takes our place in a group again, by an external commit.
   *
   * @throws ProtocolError `member_unverified`, `history_damaged`; and as `change`.
   */
  async rejoin(id: string): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const begun = this.#client.mlsStore.changes.get(id)
      // Begun before the power went.
      if ((await this.#submitter.settle(id)) && begun?.op === 'rejoin') return
      const info = readInfo(await this.#client.post('/groups/info', { group: id }))
      const transaction = this.#client.transaction()
      const { change, others } = await this.#makeRejoin(transaction, id, info)
      const known = transaction.group(id)?.charter
      if (known && JSON.stringify(known) !== JSON.stringify(change.charter)) {
        throw new ProtocolError('member_unverified', 'the group is not what it was')
      }
      if (isNameTaken(transaction.groups(), id, change.charter)) {
        throw new ProtocolError('member_unverified', 'we are in another group of the same name')
      }
      await judgeKeys(transaction, this.#client.post, others, true)
      const before = this.#client.mlsStore.groups.get(id)
      if (await this.#submitter.submit(id, change, transaction)) return this.#tellChanged(id, before)
    }
    throw tooManyTries()
  }

  async #makeRejoin(transaction: Transaction, id: string, info: ReturnType<typeof readInfo>) {
    try {
      return await makeRejoin(this.#client.maker, transaction.identity, id, info)
    } catch (cause) {
      if (cause instanceof ProtocolError) throw cause
      throw new ProtocolError(
        'history_damaged',
        'the group cannot be rejoined: what describes it does not open',
        {
          cause,
        },
      )
    }
  }

  async #tellChanged(id: string, before: Group | undefined): Promise<void> {
    const group = this.#client.mlsStore.groups.get(id)
    if (!group) return
    const label = labelOf(group, this.#client.username)
    const place = label.username === undefined ? 'group' : 'conversation'
    const transaction = this.#client.transaction()
    const [from, to] = [(before?.chain.seq ?? 0) + 1, group.chain.seq - 1]
    if (from <= to) {
      const text = `back in the ${place}; what was said before, and not read here, is lost (entries ${from} to ${to})`
      transaction.notice({ code: 'history_lost', text, ...label, from, to })
    }
    if (!before?.charter && group.charter?.kind === 'named') {
      const { username } = this.#client
      const others = without(presentIn(group), [username])
      const text = `back in the group; in it are you${others.map((name) => `, ${name}`).join('')}`
      transaction.notice({ code: 'member_rejoined', text, ...label, username })
    }
    // Nobody comes into a group unseen, whoever has told us of it.
    if (before?.charter) {
      for (const username of without(presentIn(group), before.members)) {
        const text = `${username} is in the ${place} now, and was not before`
        transaction.notice({ code: 'member_added', text, ...label, username })
      }
      for (const username of without(presentIn(before), presentIn(group))) {
        const text = `${username} is not in the ${place} any more`
        transaction.notice({ code: 'member_removed', text, ...label, username })
      }
    }
    await this.#client.write(transaction)
  }

  /**
   * Rejoins a group or conversation of which nothing is known here but what the KDC says.
   *
   * @throws ProtocolError `group_unknown`, and as `rejoin`.
   */
  async rejoinListed(of: Conversation): Promise<void> {
    const { username } = this.#client
    const isMeant = ({ kind, name, members }: ListedGroup) =>
      'group' in of
        ? name === of.group
        : kind === 'direct' && members.includes(username) && members.includes(of.with)
    const { groups, isComplete } = await listGroups(this.#client.post, isMeant)
    const found = groups.find(isMeant)
    if (!found) throw isComplete ? groupUnknown() : endlessList()
    await this.rejoin(found.group)
  }

  /**
   * Rejoins what the KDC says we are in and we cannot read because our state is lost or damaged, or a commit is. Of other groups into
   * which we came without a word it only tells: anybody could make us take a place in groups without end.
   */
  async rejoinLost(): Promise<void> {
    const { groups: listed, isComplete } = await listGroups(this.#client.post)
    await this.#rejoinLost(listed)
    // The next contact sees to the others, should there be any.
    if (!isComplete) throw endlessList()
    await this.#settled()
  }

  async #rejoinLost(listed: readonly ListedGroup[]): Promise<void> {
    await catchUp(this.#client, this.#puller, listed)
    // Where no other member is, nothing is to be read again; and what describes it the KDC could have made up.
    const groups = listed.filter((one) => !isAlone(one, this.#client.username)).map(({ group }) => group)
    const nameOf = (id: string) => listed.find(({ group }) => group === id)?.name
    const { settled } = this.#client.transaction().identity
    if (!groups.some((group) => this.#isLost(group))) return
    // Perhaps we have only just been added: the invitation then came before the list.
    await this.#puller.pull()
    for (const group of groups) {
      if (!this.#isLost(group)) continue
      if (settled && !(await this.#wasKnown(group))) {
        const which = nameOf(group) ?? 'a conversation'
        const text = `the KDC says that you are in ${which}, of which nothing is known here: rejoin it to read it`
        await this.#giveUp(group, damaged(text))
        continue
      }
      await isolated(
        () => this.rejoin(group),
        (error) => this.#giveUp(group, error),
      )
    }
  }

  async #wasKnown(id: string): Promise<boolean> {
    const { groups, store } = this.#client.mlsStore
    return groups.has(id) || (await store.get(KEYS.state(id))) !== undefined
  }

  /** From now on we are in no group without knowing it. */
  async #settled(): Promise<void> {
    const transaction = this.#client.transaction()
    if (transaction.identity.settled) return
    transaction.setIdentity({ ...transaction.identity, settled: true })
    await transaction.write()
  }

  #isLost(id: string): boolean {
    const group = this.#client.mlsStore.groups.get(id)
    if (!group) return !this.#client.mlsStore.changes.has(id)
    return isLost(group)
  }

  /** A group that cannot be rejoined now is not tried for ever. */
  async #giveUp(id: string, error: SymbolonError): Promise<void> {
    const transaction = this.#client.transaction()
    if (error instanceof ProtocolError) breakGroup(this.#client.context(transaction), { group: id }, error)
    await this.#client.write(transaction)
  }
}

/** Whether a group is one whose members we can only become again. */
export function isLost({ status, reason }: Pick<Group, 'status' | 'reason'>): boolean {
  return status === 'broken' && (reason === 'state_damaged' || reason === 'history_lost')
}

const without = (names: readonly string[], others: readonly string[]) =>
  names.filter((name) => !others.includes(name))
