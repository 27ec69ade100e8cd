/** Sessions as people read them. */
import type { SessionInfo } from '../../lib/kdc-link/answers.ts'
import { endpointText } from '../../lib/network/address.ts'
import { ToolError } from '../errors.ts'
import { localTime, table } from './format.ts'
import { visible } from './terminal.ts'

/** Shown of an ID; among a hundred sessions, chance gives two the same once in a million. */
const SHOWN = 8

export const shortId = (id: string): string => visible(id.slice(0, SHOWN))

/** The session whose ID begins so. */
export function findSession(sessions: readonly SessionInfo[], prefix: string): SessionInfo {
  const found = sessions.filter(({ id }) => prefix !== '' && id.startsWith(prefix.toLowerCase()))
  const [one] = found
  if (!one) throw new ToolError(`there is no session ${prefix}`, { hint: 'list them, without --end' })
  if (found.length > 1) {
    throw new ToolError(`${prefix} may be one of ${found.length} sessions`, { hint: 'give more of its ID' })
  }
  return one
}

/** One line a session, below a heading: of IPv4, it fits 80 columns. Times are local. When it expires, `--json` says. */
export function sessionTable(sessions: readonly SessionInfo[], now: number): string[] {
  const rows = sessions.map((session) => [
    shortId(session.id),
    localTime(session.begunAt),
    `${ago(now - session.usedAt)} ago`,
    visible(session.address),
    session.listensAt ? visible(endpointText(session.listensAt.address, session.listensAt.port)) : '-',
  ])
  return table(['ID', 'BEGUN', 'USED', 'FROM', 'LISTENS AT'], ...rows)
}

function ago(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, seconds)} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3600)} h`
}
