/**
 * The messages that are kept: what has not been shown, and what was said before.
 *
 * @module
 */
import * as v from 'valibot'
import type { MlsClient } from './client.ts'
import type { Conversation, Conversations } from './conversations.ts'
import { decodeFrame } from './framing.ts'
import { otherOf } from './group.ts'
import { KEYS } from './keys.ts'
import { decodeStored, type StoredMessage } from './messages.ts'

/** A message to be shown. */
export interface MailMessage extends Omit<StoredMessage, 'group'> {
  /** The group's name; none in a conversation of two. */
  readonly group?: string
  /** The other one of a conversation of two. */
  readonly with?: string
}

const UnreadSchema = v.object({ key: v.string() })

export class History {
  readonly #client: MlsClient
  readonly #conversations: Conversations

  constructor(client: MlsClient, conversations: Conversations) {
    this.#client = client
    this.#conversations = conversations
  }

  /** The messages that have not been marked as shown, in the order in which the KDC took them. */
  async unread(only?: Conversation): Promise<MailMessage[]> {
    const { store } = this.#client.vault
    const messages: MailMessage[] = []
    const groups = only && new Set(this.#conversations.idsOf(only))
    for (const key of (await store.list('unread/')).sort()) {
      const pointer = await store.get(key)
      const message = pointer && (await this.#read(decodeFrame(UnreadSchema, pointer).header.key))
      if (message && (!groups || groups.has(message.group))) messages.push(this.#toShow(message))
    }
    return messages
  }

  markShown(messages: Iterable<Pick<MailMessage, 'position'>>): Promise<void> {
    const shown = [...messages].map(({ position }) => [KEYS.unread(position), null] as const)
    return this.#client.vault.keep(new Map(shown))
  }

  /** The last messages of a conversation, the oldest first. */
  async last(of: Conversation, limit: number): Promise<MailMessage[]> {
    const keys: { key: string; position: string }[] = []
    for (const id of this.#conversations.idsOf(of)) {
      for (const key of await this.#client.vault.store.list(KEYS.messages(id))) {
        keys.push({ key, position: key.slice(KEYS.messages(id).length) })
      }
    }
    keys.sort((a, b) => (a.position < b.position ? -1 : 1))
    const last = limit > 0 ? keys.slice(-limit) : []
    const messages = await Promise.all(last.map(({ key }) => this.#read(key)))
    return messages.filter((message) => message !== undefined).map((message) => this.#toShow(message))
  }

  async #read(key: string): Promise<StoredMessage | undefined> {
    const bytes = await this.#client.vault.store.get(key)
    return bytes && decodeStored(bytes)
  }

  #toShow({ group: id, ...message }: StoredMessage): MailMessage {
    const group = this.#client.vault.groups.get(id)
    if (group?.charter?.kind === 'named') return { ...message, group: group.charter.name }
    const other = group && otherOf(group, this.#client.username)
    return other === undefined ? message : { ...message, with: other }
  }
}
