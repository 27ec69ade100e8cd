/** Making groups, and changing who is in them. */
import { ProtocolError } from '../../lib/errors.ts'
import type { Conversation, Mailbox } from '../../lib/mls/mailbox.ts'
import { ToolError } from '../errors.ts'
import { type GroupCommand, withConversation, withMailbox } from './command.ts'

export const create =
  (group: string): GroupCommand =>
  async ({ handle, output }) => {
    await withMailbox(handle, (mailbox) => mailbox.createGroup(group)).catch((error: unknown) => {
      if (!(error instanceof ProtocolError && error.code === 'group_exists')) throw error
      throw new ProtocolError('group_exists', `there is a group ${group} already`)
    })
    const admin = handle.username
    output.event('group_created', { group, admin }, `made the group ${group}; ${admin} is its admin`)
  }

/** Adds members; those who are in it already are said to be. */
export const add =
  (group: string, asked: readonly string[]): GroupCommand =>
  async ({ handle, output }) => {
    const usernames = await withConversation(handle, { group }, async (mailbox) => {
      const before = mailbox.members(group)
      const news = asked.filter((username) => !before.includes(username))
      await mailbox.add(group, asked)
      return news
    })
    const old = asked.filter((username) => !usernames.includes(username))
    const words = [
      ...(usernames.length > 0 ? [`added ${usernames.join(', ')} to ${group}`] : []),
      ...old.map((username) => `${username} is in ${group} already`),
    ]
    output.event('members_added', { group, usernames }, words.join('; '))
  }

/** Removes members: all of them, or, when one is no member, none. */
export const remove =
  (group: string, usernames: readonly string[]): GroupCommand =>
  async ({ handle, output }) => {
    await withConversation(handle, { group }, async (mailbox) => {
      const present = mailbox.members(group)
      const stranger = usernames.find((username) => !present.includes(username))
      if (stranger !== undefined) {
        const hint = `it has ${present.join(', ')}`
        throw new ToolError(`${stranger} is not in ${group}: nobody was removed`, { hint })
      }
      await mailbox.remove(group, usernames)
    })
    output.event('members_removed', { group, usernames }, `removed ${usernames.join(', ')} from ${group}`)
  }

export const leave =
  (group: string): GroupCommand =>
  async ({ handle, output }) => {
    await withConversation(handle, { group }, (mailbox) => mailbox.leave(group))
    output.event('group_left', { group }, `left ${group}`)
  }

export const destroy =
  (group: string): GroupCommand =>
  async ({ handle, output }) => {
    await withConversation(handle, { group }, (mailbox) => mailbox.destroy(group))
    output.event('group_destroyed', { group }, `destroyed ${group}`)
  }

/** Takes one's place in a broken group, or conversation with one other, again. */
export const rejoin =
  (of: Conversation): GroupCommand =>
  async ({ handle, output }) => {
    const where = 'group' in of ? of.group : `the conversation with ${of.with}`
    // Hearing what happened rejoins by itself what was lost, and completes what was begun.
    const wasBroken = await handle.use(async (mailbox) => statuses(mailbox, of).includes('broken'))
    await withConversation(handle, of, async (mailbox) => {
      if (!statuses(mailbox, of).includes('active')) await mailbox.rejoin(of)
      else if (!wasBroken) throw new ToolError(`${where} is not broken: there is nothing to rejoin`)
    })
    output.event('group_rejoined', { ...of }, `back in ${where}`)
  }

function statuses(mailbox: Mailbox, of: Conversation): string[] {
  return mailbox
    .groups()
    .filter((info) => ('group' in of ? info.name === of.group : info.with === of.with))
    .map(({ status }) => status)
}
