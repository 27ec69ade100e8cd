/**
 * What happens in a group, in one order for all: the KDC as delivery service. docs/protocol.md §7.2.
 *
 * @module
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import { acceptOnce, requestKey } from '../accept-once.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import {
  count,
  groupId,
  groupInfo,
  MAX_MESSAGE_BODY_BYTES,
  message,
  toText,
  usernames,
} from '../groups/fields.ts'
import { requireAccounts, requireEpoch, requireGroup, requireReaders } from '../groups/group-lookup.ts'
import { judgeChanges, judgeDestroying, judgeLeaving } from '../groups/group-rights.ts'
import { requireRoom, requireRoomAt, requireRoomForMembers } from '../groups/quotas.ts'
import { optional } from '../http/fields.ts'
import { parse } from '../http/request.ts'
import { sealedSessionRequest } from '../http/sealed-request.ts'
import { Problem } from '../problems.ts'
import { entryBytes } from '../store/entries.ts'

export const CommitRequest = v.object({
  group: groupId,
  epoch: count,
  commit: message,
  added: usernames,
  removed: usernames,
  welcome: optional(message),
  group_info: groupInfo,
})
export const SendRequest = v.object({ group: groupId, epoch: count, message })
export const LeaveRequest = v.object({ group: groupId, epoch: count, proposal: message })
export const DestroyRequest = v.object({ group: groupId })

/** `POST /groups/commit`, `/groups/send`, `/groups/leave`, `/groups/destroy` */
export function groupChangesRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock, log, quotas } = kdc
  return new Hono<KdcEnv>()
    .post('/groups/commit', sealedSessionRequest(kdc, MAX_MESSAGE_BODY_BYTES), async (c) => {
      const request = parse(CommitRequest, c.var.body)
      const { group: id, epoch, commit: payload, added, removed, welcome, group_info: info } = request
      if ((welcome !== undefined) !== added.length > 0) {
        throw new Problem('invalid_request', 'welcome: expected one if members are added, and only then')
      }
      const key = await requestKey(kdc, c)
      const { username } = key
      const { position, seq, isNew } = await acceptOnce(kdc, key, async () => {
        const group = await requireGroup(kdc, id, username)
        requireEpoch(group, epoch)
        if (added.length + removed.length > 0) {
          judgeChanges(group, await store.groups.roster(id), username, { added, removed })
        }
        await requireAccounts(kdc, added)
        await requireRoomForMembers(kdc, username, added.length)
        const commit = { group, payload, welcome, added, removed, info }
        const bytes = entryBytes({ ...commit, epoch, kind: 'commit' })
        const isAdmins = group.admin === username
        await requireRoom(kdc, username, { group: id, entryBytes: bytes, infoBytes: info.length, isAdmins })
        return store.groupChanges.commit(key, commit, quotas, clock())
      })
      if (isNew) {
        const fields = { group: toText(id), by: username }
        for (const member of removed) log.info({ username: member, ...fields }, 'member_removed')
        for (const member of added) log.info({ username: member, ...fields }, 'member_added')
        kdc.subscribers.notify()
      }
      return c.json({ position, seq, time: clock() })
    })
    .post('/groups/send', sealedSessionRequest(kdc, MAX_MESSAGE_BODY_BYTES), async (c) => {
      const { group: id, epoch, message: payload } = parse(SendRequest, c.var.body)
      const key = await requestKey(kdc, c)
      const { username } = key
      const { position, seq, isNew } = await acceptOnce(kdc, key, async () => {
        const group = await requireReaders(kdc, id, username)
        requireEpoch(group, epoch)
        await requireRoom(kdc, username, { group: id, entryBytes: payload.length })
        const receiver = group.kind === 'direct' ? await otherOf(kdc, id, username) : undefined
        if (receiver !== undefined) await requireRoomAt(kdc, receiver, username, payload.length)
        return store.groupChanges.send(key, { group: id, epoch, payload, receiver }, quotas, clock())
      })
      if (isNew) {
        log.info({ sender: username, group: toText(id), bytes: payload.length, position }, 'message_stored')
        kdc.subscribers.notify()
      }
      return c.json({ position, seq, time: clock() })
    })
    .post('/groups/leave', sealedSessionRequest(kdc), async (c) => {
      const { group: id, epoch, proposal } = parse(LeaveRequest, c.var.body)
      const key = await requestKey(kdc, c)
      const { username } = key
      const { position, seq, isNew } = await acceptOnce(kdc, key, async () => {
        const group = await requireGroup(kdc, id, username)
        judgeLeaving(group, username)
        requireEpoch(group, epoch)
        return store.groupChanges.leave(key, { group: id, epoch, payload: proposal }, clock())
      })
      if (isNew) {
        log.info({ username, group: toText(id) }, 'member_left')
        kdc.subscribers.notify()
      }
      return c.json({ position, seq, time: clock() })
    })
    .post('/groups/destroy', sealedSessionRequest(kdc), async (c) => {
      const { group: id } = parse(DestroyRequest, c.var.body)
      const key = await requestKey(kdc, c)
      const { username } = key
      const { position, seq, isNew } = await acceptOnce(kdc, key, async () => {
        const group = await requireGroup(kdc, id, username)
        judgeDestroying(group, username)
        return store.groupChanges.destroy(key, group, clock())
      })
      if (isNew) {
        log.info({ username, group: toText(id) }, 'group_destroyed')
        kdc.subscribers.notify()
      }
      return c.json({ position, seq, time: clock() })
    })
}

/** The other one of a direct group. */
async function otherOf({ store }: Kdc, group: Uint8Array, username: string): Promise<string | undefined> {
  const { members } = await store.groups.roster(group)
  return members.find((member) => member !== username)
}
