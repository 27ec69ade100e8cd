/** Groups, and what happens in them, in one order for all: the KDC as delivery service. docs/protocol.md §7.2. */
import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { turn } from '../../lib/pacing/event-loop.ts'
import { acceptOnce, changeKey } from '../accept-once.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import {
  judgeChanges,
  judgeDestroying,
  judgeLeaving,
  requireAccounts,
  requireEpoch,
  requireGroup,
  requireReaders,
} from '../groups/group-rights.ts'
import { MAX_MEMBERS, requireRoom, requireRoomAt, requireRoomForMembers } from '../groups/quotas.ts'
import * as fields from '../http/fields.ts'
import { parse } from '../http/request.ts'
import { sealedReadRequest, sealedSessionRequest } from '../http/sealed-request.ts'
import { authenticate } from '../logins/authenticate.ts'
import { Problem } from '../problems.ts'
import { entryBytes, firstEntryBytes, type NewGroup } from '../store/group-changes.ts'
import type { Group } from '../store/groups.ts'
import type { Accepted, RequestKey } from '../store/requests.ts'
import { ANSWER_BYTES } from '../traffic/limits.ts'

const { count, groupInfo, MAX_MESSAGE_BODY_BYTES, message, objectId, optional, toText, usernames } = fields

/** Groups in one answer; with all their members' names, so many names. */
const GROUPS_AT_ONCE = 100
const NAMES_AT_ONCE = 10_000
/** How often a group is looked at again that changed meanwhile. */
const LOOKS = 20

const KINDS = ['named', 'direct'] as const
export const CreateRequest = v.object({
  group: objectId,
  kind: v.pipe(v.picklist(KINDS), v.description(`one of ${KINDS.join(', ')}`)),
  name: optional(fields.username),
  members: usernames,
  commit: optional(message),
  welcome: optional(message),
  group_info: groupInfo,
})
export const ListRequest = v.object({ after: optional(objectId) })
export const InfoRequest = v.object({ group: objectId })
export const CommitRequest = v.object({
  group: objectId,
  epoch: count,
  commit: message,
  added: usernames,
  removed: usernames,
  welcome: optional(message),
  group_info: groupInfo,
})
export const SendRequest = v.object({ group: objectId, epoch: count, message })
export const LeaveRequest = v.object({ group: objectId, epoch: count, proposal: message })
export const DestroyRequest = v.object({ group: objectId })

/** `POST /groups/create`, `/groups/list`, `/groups/info`, `/groups/commit`, `/groups/send`, `/groups/leave`, `/groups/destroy` */
export function groupsRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock, log, quotas, subscribers } = kdc

  /** Makes a change once; where it is new, it is logged, and the principals whom it reaches hear of it. */
  const change = async (
    c: Context<KdcEnv>,
    key: RequestKey,
    attempt: () => Promise<Accepted | undefined>,
    logChange: (position: number) => void,
  ) => {
    const { position, seq, isNew } = await acceptOnce(kdc, key, attempt)
    if (isNew) {
      logChange(position)
      subscribers.notify()
    }
    return c.json({ position, seq, time: clock() })
  }

  return new Hono<KdcEnv>()
    .post('/groups/create', sealedSessionRequest(kdc, MAX_MESSAGE_BODY_BYTES), async (c) => {
      const request = parse(CreateRequest, c.var.body)
      const key = await changeKey(kdc, c)
      const { username } = key
      const newGroup = parseNewGroup(request, username)
      const { id, kind, members, info } = newGroup
      const attempt = async () => {
        await requireNew(kdc, newGroup, username)
        await requireAccounts(kdc, members)
        await requireRoomForMembers(kdc, username, members.length + 1)
        const bytes = firstEntryBytes(newGroup)
        await requireRoom(kdc, username, {
          group: id,
          entryBytes: bytes,
          infoBytes: info.length,
          isNew: true,
        })
        const [other] = members
        if (kind === 'direct' && other) await requireRoomAt(kdc, other, username, bytes)
        return store.groupChanges.create(key, newGroup, quotas, clock())
      }
      return change(c, key, attempt, () => {
        const group = toText(id)
        log.info({ username, group, kind, members: members.length + 1 }, 'group_created')
        for (const member of members) log.info({ username: member, group, by: username }, 'member_added')
      })
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
        await turn()
      }
      return c.json({ groups, more: groups.length < found.length, time: clock() })
    })
    .post('/groups/info', sealedReadRequest(kdc, ANSWER_BYTES.groupInfo), async (c) => {
      const { group: id } = parse(InfoRequest, c.var.body)
      const { username } = await authenticate(kdc, c)
      return c.json({ ...(await describeWithInfo(kdc, id, username)), time: clock() })
    })
    .post('/groups/commit', sealedSessionRequest(kdc, MAX_MESSAGE_BODY_BYTES), async (c) => {
      const request = parse(CommitRequest, c.var.body)
      const { group: id, epoch, commit: payload, added, removed, welcome, group_info: info } = request
      if ((welcome !== undefined) !== added.length > 0) {
        throw new Problem('invalid_request', 'welcome: expected one if members are added, and only then')
      }
      const key = await changeKey(kdc, c)
      const { username } = key
      const attempt = async () => {
        const group = await requireGroup(kdc, id, username)
        requireEpoch(group, epoch)
        if (added.length + removed.length > 0) {
          judgeChanges(group, await store.groups.roster(id), username, { added, removed })
        }
        await requireAccounts(kdc, added)
        await requireRoomForMembers(kdc, username, added.length)
        const commit = { group, payload, welcome, added, removed, info }
        const isAdmins = group.admin === username
        const need = { group: id, entryBytes: entryBytes(commit), infoBytes: info.length, isAdmins }
        await requireRoom(kdc, username, need)
        return store.groupChanges.commit(key, commit, quotas, clock())
      }
      return change(c, key, attempt, () => {
        const fields = { group: toText(id), by: username }
        for (const member of removed) log.info({ username: member, ...fields }, 'member_removed')
        for (const member of added) log.info({ username: member, ...fields }, 'member_added')
      })
    })
    .post('/groups/send', sealedSessionRequest(kdc, MAX_MESSAGE_BODY_BYTES), async (c) => {
      const { group: id, epoch, message: payload } = parse(SendRequest, c.var.body)
      const key = await changeKey(kdc, c)
      const { username } = key
      const bytes = payload.length
      const attempt = async () => {
        const group = await requireReaders(kdc, id, username)
        requireEpoch(group, epoch)
        await requireRoom(kdc, username, { group: id, entryBytes: bytes })
        const { members } = group.kind === 'direct' ? await store.groups.roster(id) : { members: [] }
        const receiver = members.find((member) => member !== username)
        if (receiver !== undefined) await requireRoomAt(kdc, receiver, username, bytes)
        return store.groupChanges.send(key, { group: id, epoch, payload, receiver }, quotas, clock())
      }
      return change(c, key, attempt, (position) =>
        log.info({ sender: username, group: toText(id), bytes, position }, 'message_stored'),
      )
    })
    .post('/groups/leave', sealedSessionRequest(kdc), async (c) => {
      const { group: id, epoch, proposal } = parse(LeaveRequest, c.var.body)
      const key = await changeKey(kdc, c)
      const { username } = key
      const attempt = async () => {
        const group = await requireGroup(kdc, id, username)
        judgeLeaving(group, username)
        requireEpoch(group, epoch)
        return store.groupChanges.leave(key, { group: id, epoch, payload: proposal }, clock())
      }
      return change(c, key, attempt, () => log.info({ username, group: toText(id) }, 'member_left'))
    })
    .post('/groups/destroy', sealedSessionRequest(kdc), async (c) => {
      const { group: id } = parse(DestroyRequest, c.var.body)
      const key = await changeKey(kdc, c)
      const { username } = key
      const attempt = async () => {
        const group = await requireGroup(kdc, id, username)
        judgeDestroying(group, username)
        return store.groupChanges.destroy(key, group, clock())
      }
      return change(c, key, attempt, () => log.info({ username, group: toText(id) }, 'group_destroyed'))
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
function parseNewGroup(request: v.InferOutput<typeof CreateRequest>, username: string): NewGroup {
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
