/** Which groups there are, as a table, and who is in one. */
import { table } from '../terminal/format.ts'
import { print, visible } from '../terminal/terminal.ts'
import { endingOf, type GroupCommand, type GroupContext, withConversation, withMailbox } from './command.ts'

/** The groups that the user is in, and those that are over of which something has not been read. */
export async function list({ handle, output }: GroupContext): Promise<void> {
  const groups = await withMailbox(handle, (mailbox) => {
    return mailbox.groups().flatMap((info) => {
      const { name: group, admin, members, status, reason, unread } = info
      if (group === undefined) return []
      // One that is over is of interest as long as something of it has not been read.
      if (status !== 'active' && status !== 'broken' && unread === 0) return []
      return [{ group, admin, members, status, reason, unread }]
    })
  })
  for (const group of groups) output.event('group', group)
  if (output.json) return
  if (groups.length === 0) output.event('none', {}, `${handle.username} is in no group`)
  else for (const line of groupTable(groups)) await print(line)
}

/** Who is in a group, or was when it ended for us, which is said. */
export const members =
  (group: string): GroupCommand =>
  async ({ handle, output }) => {
    const { usernames, admin, ending } = await withConversation(handle, { group }, async (mailbox) => {
      const infos = mailbox.groups().filter(({ name }) => name === group)
      const current = infos.find(({ status }) => status === 'active' || status === 'broken') ?? infos.at(-1)
      const ending = endingOf(mailbox, group)
      return { admin: current?.admin, ending, usernames: await mailbox.lookAt(group) }
    })
    if (ending) {
      const line = `${ending.words}; these were in it then`
      output.event('ended', { group, status: ending.status }, line)
    }
    for (const username of usernames) {
      const isAdmin = username === admin
      output.event('member', { group, username, admin: isAdmin })
      if (!output.json) await print(isAdmin ? `${username} (admin)` : username)
    }
  }

interface GroupRow {
  readonly group: string
  readonly admin?: string | undefined
  readonly members: readonly string[]
  readonly status: string
  readonly reason?: string | undefined
  readonly unread: number
}

export function groupTable(groups: readonly GroupRow[]): string[] {
  const rows = groups.map((row) => [
    visible(row.group),
    String(row.members.length),
    visible(row.admin ?? '-'),
    row.unread > 0 ? String(row.unread) : '-',
    [row.status, row.reason].filter((word) => word !== undefined).join(': '),
  ])
  return table(['GROUP', 'MEMBERS', 'ADMIN', 'UNREAD', 'STATUS'], ...rows)
}
