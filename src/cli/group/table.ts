/**
 * Groups as people read them.
 *
 * @module
 */
import { visible } from '../terminal/terminal.ts'

/** A group that somebody is in, or was. */
export interface GroupRow {
  readonly group: string
  readonly admin?: string | undefined
  readonly members: readonly string[]
  readonly status: string
  /** Why it is broken. */
  readonly reason?: string | undefined
  /** How many messages have not been shown. */
  readonly unread: number
}

/** One line a group, below a heading. */
export function groupTable(groups: readonly GroupRow[]): string[] {
  const rows = groups.map((row) => [
    visible(row.group),
    String(row.members.length),
    visible(row.admin ?? '-'),
    row.unread > 0 ? String(row.unread) : '-',
    [row.status, row.reason].filter((word) => word !== undefined).join(': '),
  ])
  const all = [['GROUP', 'MEMBERS', 'ADMIN', 'UNREAD', 'STATUS'], ...rows]
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
