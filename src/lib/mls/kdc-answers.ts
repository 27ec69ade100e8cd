/** How the KDC's answers about stored things are judged; and which groups we are in by its word. docs/protocol.md §7.1 to §7.4. */
import * as v from 'valibot'
import { fromBase64url } from '../bytes.ts'
import { CodecError, TransportError } from '../errors.ts'
import { base64url, unixSeconds } from '../fields.ts'
import { USERNAME } from '../names.ts'
import type { PostToKdc } from './types.ts'

/** Most names in one request. */
export const MAX_NAMES = 1000

const GROUP_ID_BYTES = 16
const SIGNATURE_KEY_BYTES = 32

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const username = v.pipe(v.string(), v.regex(USERNAME))
const usernames = v.array(username)
const groupId = v.pipe(v.string(), v.regex(/^[\w-]{22}$/))

const kind = v.picklist(['named', 'direct'])

const signatureKey = base64url('signature key', SIGNATURE_KEY_BYTES)
const Identities = v.object({
  identities: v.array(
    v.object({
      username,
      signature_key: signatureKey,
      earlier: v.optional(v.array(v.object({ signature_key: signatureKey })), []),
    }),
  ),
})
const Count = v.object({ count })
const Packages = v.object({
  packages: v.array(v.object({ username, package: base64url('key package') })),
  missing: usernames,
})
const Groups = v.object({
  groups: v.array(
    v.object({
      group: groupId,
      kind,
      name: v.optional(username),
      members: usernames,
      epoch: count,
      seq: count,
    }),
  ),
  more: v.boolean(),
})
const Info = v.object({
  epoch: count,
  seq: count,
  group_info: base64url('group info'),
  members: usernames,
  kind,
  name: v.optional(username),
  admin: v.optional(username),
})
const Stored = v.object({ position: count, seq: count })
const EntrySchema = v.object({
  position: count,
  group: groupId,
  seq: count,
  epoch: count,
  sender: username,
  kind: v.picklist(['commit', 'message', 'proposal', 'destroyed']),
  at: unixSeconds,
  payload: v.optional(base64url('payload')),
  welcome: v.optional(base64url('welcome')),
  added: v.optional(usernames, []),
  removed: v.optional(usernames, []),
})
const Chunk = v.object({ chunk: v.string() })
const Page = v.object({ entries: v.array(EntrySchema), more: v.boolean() })

/** One entry of a group, as the KDC passes it on; nothing in it is believed. */
export type Entry = v.InferOutput<typeof EntrySchema>
export type GroupInfoOfKdc = v.InferOutput<typeof Info>

const reader =
  <S extends v.GenericSchema>(schema: S, path: string) =>
  (body: unknown): v.InferOutput<S> => {
    const parsed = v.safeParse(schema, body)
    if (parsed.success) return parsed.output
    const field = v.getDotPath(parsed.issues[0]) ?? 'the body'
    throw new CodecError(`reply to ${path}: ${field} is missing or of the wrong form`)
  }

/** Each of these throws CodecError `malformed`. */
export const readIdentities = reader(Identities, '/identity/find')
export const readCount = reader(Count, '/key-packages/count')
export const readPackages = reader(Packages, '/key-packages/take')
const readGroups = reader(Groups, '/groups/list')
export const readInfo = reader(Info, '/groups/info')
export const readStored = reader(Stored, '/groups/*')
export const readPage = reader(Page, '/mailbox')
/** The chunk is still text: its length is judged before it is decoded. */
export const readChunk = reader(Chunk, '/files/get')

/** A group's id as MLS has it. */
export function groupIdBytes(id: string): Uint8Array {
  return fromBase64url(id, { name: 'group', length: GROUP_ID_BYTES })
}

/** A group as the KDC lists it; nothing in it is believed. */
export type ListedGroup = ReturnType<typeof readGroups>['groups'][number]

/** A KDC that goes on for longer has no end: at its page size it is a hundred thousand groups. */
export const MAX_PAGES = 1000
/** And so many groups and members' names together are more than we keep in memory. */
const MAX_NAMES_LISTED = 1_000_000

/** What the KDC lists. */
export interface GroupList {
  /** Each once. */
  readonly groups: ListedGroup[]
  /** Whether that is all. */
  readonly isComplete: boolean
}

/**
 * @param isLast - whether what follows is not of interest any more.
 * @throws whatever `post` throws; CodecError `malformed`
 */
export async function listGroups(
  post: PostToKdc,
  isLast: (group: ListedGroup) => boolean = () => false,
): Promise<GroupList> {
  const groups = new Map<string, ListedGroup>()
  let after: string | undefined
  let names = 0
  for (let pages = 0; pages < MAX_PAGES && names < MAX_NAMES_LISTED; pages++) {
    const before = groups.size
    const page = readGroups(await post('/groups/list', after === undefined ? {} : { after }))
    for (const group of page.groups) {
      groups.set(group.group, group)
      names += 1 + group.members.length
    }
    after = page.groups.at(-1)?.group
    // A page with nothing new would be given for ever.
    if (!page.more || groups.size === before || page.groups.some(isLast)) {
      return { groups: [...groups.values()], isComplete: true }
    }
  }
  return { groups: [...groups.values()], isComplete: false }
}

/** What is said where the list has no end, once what is on it was seen to. */
export function endlessList(): TransportError {
  return new TransportError(
    'kdc_failed',
    'the KDC lists groups without an end: the rest of them was not looked at',
  )
}

/** Whether it is a direct group without another member: with oneself, or one that the other one has left. */
export function isAlone({ kind, members }: ListedGroup, username: string): boolean {
  return kind === 'direct' && members.length === 1 && members[0] === username
}
