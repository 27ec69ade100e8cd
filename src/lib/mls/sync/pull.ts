/** Fetching the mailbox: page by page, applied, kept, and then acknowledged. docs/protocol.md §7.8. */
import type { CiphersuiteImpl } from 'ts-mls'
import { TransportError } from '../../errors.ts'
import { turn } from '../../pacing/event-loop.ts'
import type { ApplyContext } from '../entries/apply-context.ts'
import { applyEntry } from '../entries/apply-entry.ts'
import { type Entry, readPage } from '../kdc-answers.ts'
import type { MlsClient } from '../mls-client.ts'
import { deferSignatures } from '../rfc9420/suite.ts'

/** What is written at once, while the event loop stands still: for less than the time of a picture on a screen. */
const PAGE_ENTRIES = 50

/** So many messages are read, in a few milliseconds, before others have their turn of the event loop. */
const MESSAGES_A_TURN = 8

/**
 * The most of one pull: some minutes' work. All that a KDC keeps of one busy group is a third of it; one that gives more, or smaller
 * pages, may go on for ever.
 */
export const MAX_ENTRIES = 60_000
const MAX_PAGES = 6000
/** What comes once more is mostly known, and passed over. */
const AGAIN = 10

/** What a pull has found besides what it kept. */
export interface PullResult {
  /** Groups that we are told of and know nothing about. */
  readonly unknown: Set<string>
  /** Whether we joined a group by one of our key packages. */
  readonly usedPackage: boolean
}

/**
 * Fetches and applies all that is stored.
 *
 * @throws TransportError `kdc_failed` when there is more than can be all: what came is kept, and the next pull goes on.
 * @param destroying - the group that we have just asked the KDC to destroy.
 */
export function pull(client: MlsClient, destroying?: string): Promise<PullResult> {
  return pullFrom(client, client.mlsStore.cursor, { again: false, destroying })
}

/** Fetches what is stored, among which is what we have sent: the KDC has said so. */
export async function pullUpTo(client: MlsClient, position: number): Promise<void> {
  if (position > client.mlsStore.cursor) await pull(client)
  else await pullAgain(client)
}

/**
 * Fetches everything from the beginning, when what the KDC says shows that our cursor, which is from the KDC too, is beyond what we
 * have not been given. Once only: a KDC that says so again has not changed.
 */
export async function pullAgain(client: MlsClient): Promise<void> {
  if (client.hasPulledAgain) return
  client.hasPulledAgain = true
  const text = 'the KDC has more than it has given: all that it keeps is fetched once more'
  await client.tell({ code: 'entries_withheld', text })
  await pullFrom(client, 0, { again: true, destroying: undefined })
}

interface PullOptions {
  readonly again: boolean
  readonly destroying: string | undefined
}

async function pullFrom(client: MlsClient, from: number, how: PullOptions): Promise<PullResult> {
  let position = from
  const unknown = new Set<string>()
  let usedPackage = false
  let [pages, entries] = [0, 0]
  const times = how.again ? AGAIN : 1
  for (let more = true; more; ) {
    if (pages++ === MAX_PAGES * times || entries >= MAX_ENTRIES * times) throw endless(entries)
    const after = position
    const page = readPage(await client.post('/mailbox', { after, limit: PAGE_ENTRIES }))
    entries += page.entries.length
    const { transaction, ...found } = await applyPage(client, page.entries, after, how)
    for (const group of found.unknown) unknown.add(group)
    usedPackage ||= found.usedPackage
    position = transaction.position
    more = page.more && position > after
    // Only a whole one moves the cursor: in the middle of it, entries that we have would follow. So does none that gave nothing.
    if (how.again && (more || position === 0)) transaction.position = client.mlsStore.cursor
    await client.write(transaction, { more })
    await acknowledge(client)
  }
  return { unknown, usedPackage }
}

/** @returns with what a page was applied, which is still to be written. */
async function applyPage(
  client: MlsClient,
  entries: readonly Entry[],
  after: number,
  how: PullOptions,
): Promise<ApplyContext> {
  const apply = async (suite: CiphersuiteImpl) => {
    const transaction = client.transaction()
    transaction.position = after
    const context = { ...client.context(transaction), suite, ...how }
    for (const [at, entry] of entries.entries()) {
      await applyEntry(context, entry)
      if (entry.kind !== 'message' || at % MESSAGES_A_TURN === 0) await turn()
    }
    return context
  }
  const signatures = deferSignatures(client.mls)
  const context = await apply(signatures.suite)
  if (await signatures.allHold()) return context
  // Whatever followed from that one is forgotten, and each is checked before the next is read.
  return apply(client.mls.suite)
}

async function acknowledge(client: MlsClient): Promise<void> {
  const { mlsStore, post } = client
  const { cursor } = mlsStore
  if (cursor === 0 || client.acknowledged === cursor) return
  await post('/mailbox/ack', { position: cursor })
  client.acknowledged = cursor
}

function endless(entries: number): TransportError {
  const text = `the KDC has given ${entries} entries and goes on: they are kept, and the next command fetches more`
  return new TransportError('kdc_failed', text)
}
