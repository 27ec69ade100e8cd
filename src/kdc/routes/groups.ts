/**
 * Groups: making one, and asking about those that one is in. docs/protocol.md §7.2.
 *
 * @module
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import { acceptOnce, requestKey } from '../accept-once.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import { groupId, groupInfo, MAX_MESSAGE_BODY_BYTES, message, toText, usernames } from '../groups/fields.ts'
import { requireAccounts, requireGroup } from '../groups/group-lookup.ts'
import { MAX_MEMBERS, requireRoom, requireRoomAt, requireRoomForMembers } from '../groups/quotas.ts'
import * as fields from '../http/fields.ts'
import { parse } from '../http/request.ts'
import { sealedReadRequest, sealedSessionRequest } from '../http/sealed-request.ts'
import { authenticate } from '../logins/authenticate.ts'
import { Problem } from '../problems.ts'
import { firstEntryBytes, type NewGroup } from '../store/group-changes.ts'
import type { Group } from '../store/groups.ts'
import { breathe } from '../traffic/fair-queue.ts'
import { ANSWER_BYTES } from '../traffic/limits.ts'

/** Groups in one answer; with all their members' names, so many names. */
const GROUPS_AT_ONCE = 100
const NAMES_AT_ONCE = 10_000
/** How often a group is looked at again that changed meanwhile. */
const LOOKS = 20

const KINDS = ['named', 'direct'] as const
export const CreateRequest = v.object({
  group: groupId,
  kind: v.pipe(v.picklist(KINDS), v.description(`one of ${KINDS.join(', ')}`)),
  name: fields.optional(fields.username),
  members: usernames,
  commit: fields.optional(message),
  welcome: fields.optional(message),
  group_info: groupInfo,
})
export const ListRequest = v.object({ after: fields.optional(groupId) })
export const InfoRequest = v.object({ group: groupId })

/** `POST /groups/create`, `POST /groups/list`, `POST /groups/info` */
export function groupsRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock, log, quotas } = kdc
  return new Hono<KdcEnv>()
    .post('/groups/create', sealedSessionRequest(kdc, MAX_MESSAGE_BODY_BYTES), async (c) => {
      const request = parse(CreateRequest, c.var.body)
      const key = await requestKey(kdc, c)
      const { username } = key
      const group = newGroup(request, username)
      const { position, seq, isNew } = await acceptOnce(kdc, key, async () => {
        await requireNew(kdc, group, username)
        await requireAccounts(kdc, group.members)
        await requireRoomForMembers(kdc, username, group.members.length + 1)
        const [entryBytes, infoBytes] = [firstEntryBytes(group), group.info.length]
        await requireRoom(kdc, username, { group: group.id, entryBytes, infoBytes, isNew: true })
        const [other] = group.members
        if (group.kind === 'direct' && other) await requireRoomAt(kdc, other, username, entryBytes)
        return store.groupChanges.create(key, group, quotas, clock())
      })
      if (isNew) {
        const { kind, members } = group
        const id = toText(group.id)
        log.info({ username, group: id, kind, members: members.length + 1 }, 'group_created')
        for (const member of members) log.info({ username: member, group: id, by: username }, 'member_added')
        kdc.subscribers.notify()
      }
      return c.json({ position, seq, time: clock() })
    })
    .post('/groups/list', sealedReadRequest(kdc, ANSWER_BYTES.groupList), async (c) => {
      const { after = new Uint8Array(0) } = parse(ListRequest, c.var.body)
      const { username } = await authenticate(kdc, c)
      const found = await store.groups.list(username, after, GROUPS_AT_ONCE + 1)
      const groups: object[] = []
      let names = 0
      for (const group of found.slice(0, GROUPS_AT_ONCE)) {
        const described = await describe(kdc, group)
        names += described.members.length + described.left.length
        if (groups.length > 0 && names > NAMES_AT_ONCE) break
        groups.push(described)
        await breathe()
      }
      return c.json({ groups, more: groups.length < found.length, time: clock() })
    })
    .post('/groups/info', sealedReadRequest(kdc, ANSWER_BYTES.groupInfo), async (c) => {
      const { group: id } = parse(InfoRequest, c.var.body)
      const { username } = await authenticate(kdc, c)
      return c.json({ ...(await describeWithInfo(kdc, id, username)), time: clock() })
    })
}

async function describe({ store }: Kdc, { id, kind, name, admin, epoch, seq }: Group) {
  const { members, left } = await store.groups.roster(id)
  return { group: toText(id), kind, name, admin, epoch, seq, members, left }
}

/**
 * A group with its GroupInfo, all of it as it was at one moment: one who rejoins takes members who are not in the tree, or another
 * epoch, for a lie (docs/protocol.md §7.6).
 *
 * @throws Problem `group_unknown`; `kdc_busy` when a change came between again and again.
 */
async function describeWithInfo(kdc: Kdc, id: Uint8Array, username: string) {
  for (let looks = 0; looks < LOOKS; looks++) {
    const group = await requireGroup(kdc, id, username)
    const info = await kdc.store.groups.info(id)
    const described = await describe(kdc, group)
    const { epoch, roster } = await requireGroup(kdc, id, username)
    if (info && epoch === group.epoch && roster === group.roster) {
      return { ...described, group_info: toText(info) }
    }
  }
  throw new Problem('kdc_busy', 'this group changes too fast: try again')
}

const invalid = (detail: string) => new Problem('invalid_request', detail)

/** @throws Problem `invalid_request` for a request whose parts do not go together. */
function newGroup(request: v.InferOutput<typeof CreateRequest>, username: string): NewGroup {
  const { group: id, kind, name, members, commit, welcome, group_info: info } = request
  if (members.includes(username)) throw invalid('members: expected the others only')
  if (kind === 'named' && name === undefined) throw invalid('name: expected a string')
  if (kind === 'direct' && name !== undefined) throw invalid('name: expected none for a direct group')
  if (kind === 'direct' && members.length > 1)
    throw invalid('members: expected one other for a direct group, or none')
  if (members.length >= MAX_MEMBERS) throw invalid(`members: expected at most ${MAX_MEMBERS - 1}`)
  const group = { id, kind, name, members, info }
  if (members.length === 0) {
    if (commit || welcome) throw invalid('commit: expected none where nobody is added')
    return group
  }
  if (!commit || !welcome) throw invalid('commit: expected a commit and a welcome that add the members')
  return { ...group, commit: { payload: commit, welcome } }
}

async function requireNew({ store }: Kdc, group: NewGroup, username: string): Promise<void> {
  const { id, kind, name, members } = group
  const [other = username] = members
  const before = kind === 'direct' ? await store.groups.findDirect(username, other) : undefined
  if (before) {
    throw new Problem('group_exists', 'there is such a direct group', {}, { group: toText(before) })
  }
  if (await store.groups.exists(id, name ?? null)) {
    throw new Problem('group_exists', 'there is a group of this name or id already')
  }
}
