/** The messages that are kept: what has not been shown, and what was said before. */
import { turn } from '../pacing/event-loop.ts'
import { idsOf } from './conversations.ts'
import type { MlsClient } from './mls-client.ts'
import { KEYS, tailOf } from './state/framing.ts'
import { otherOf } from './state/group.ts'
import { decodeStored, type MailMessage, type StoredMessage } from './state/stored-message.ts'
import type { Conversation, Selection } from './types.ts'

/** How many messages are read before others get a turn of the event loop. */
const READ_AT_ONCE = 50

/** The first messages that have not been marked as shown, in the order in which the KDC took them. */
export async function unreadMessages(
  client: MlsClient,
  of: Selection | undefined,
  limit: number,
): Promise<MailMessage[]> {
  const keys = unreadOf(client, of).map(([position, group]) => KEYS.message(group, position))
  return readMessages(client, keys.slice(0, limit))
}

export async function markShown(
  client: MlsClient,
  messages: Iterable<Pick<MailMessage, 'position'>>,
): Promise<number> {
  const { mlsStore } = client
  const shown = new Map<number, string>()
  for (const { position } of messages) {
    const group = mlsStore.unread.get(position)
    if (group !== undefined) shown.set(position, group)
  }
  if (shown.size === 0) return 0
  await mlsStore.keep(new Map([...shown].map(([position, group]) => [KEYS.unread(group, position), null])))
  for (const position of shown.keys()) mlsStore.unread.delete(position)
  return shown.size
}

/** The messages that have not been marked as shown. */
export function unreadOf(client: MlsClient, of: Selection | undefined): [position: number, group: string][] {
  const all = [...client.mlsStore.unread]
  if (of === undefined) return all
  const ids = new Set(idsOf(client, of))
  return all.filter(([, group]) => ids.has(group))
}

/** The last messages of a conversation, the oldest first. */
export async function lastMessages(
  client: MlsClient,
  of: Conversation,
  limit: number,
): Promise<MailMessage[]> {
  const { store } = client.mlsStore
  const keys = await Promise.all(idsOf(client, of).map((id) => store.list(KEYS.messages(id))))
  const inOrder = keys.flat().sort((a, b) => (tailOf(a) < tailOf(b) ? -1 : 1))
  return readMessages(client, limit > 0 ? inOrder.slice(-limit) : [])
}

async function readMessages(client: MlsClient, keys: readonly string[]): Promise<MailMessage[]> {
  const { store } = client.mlsStore
  const messages: MailMessage[] = []
  for (const [index, key] of keys.entries()) {
    if (index > 0 && index % READ_AT_ONCE === 0) await turn()
    const bytes = await store.get(key)
    if (bytes) messages.push(toShow(client, decodeStored(bytes)))
  }
  return messages
}

function toShow(client: MlsClient, { group: id, ...stored }: StoredMessage): MailMessage {
  const message = { ...stored, conversation: id }
  const group = client.mlsStore.groups.get(id)
  if (group?.descriptor?.kind === 'named') return { ...message, group: group.descriptor.name }
  const other = group && otherOf(group, client.username)
  return other === undefined ? message : { ...message, with: other }
}
