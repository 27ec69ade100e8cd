/**
 * Sessions as people read them.
 *
 * @module
 */
import type { SessionInfo } from '../lib/answers.ts'
import { visible } from './terminal.ts'

/** Shown of an ID; among a hundred sessions, chance gives two the same once in a million. */
const SHOWN = 8

/** A session by the ID that is shown: hexadecimal, because base64url may begin with `-`, and in the terminal that is an option. */
export function shortIds(sessions: readonly SessionInfo[]): { id: string; hex: string; short: string }[] {
  return sessions.map(({ id }) => {
    const hex = Buffer.from(id, 'base64url').toString('hex')
    return { id, hex, short: hex.slice(0, SHOWN) }
  })
}

/** One line a session, below a heading; times are local. */
export function table(sessions: readonly SessionInfo[], now: number): string[] {
  const rows = sessions.map((session, i) => [
    shortIds(sessions)[i]?.short ?? '',
    localTime(session.begunAt),
    `${ago(now - session.usedAt)} ago`,
    localTime(session.expiresAt),
    visible(session.address),
    session.listensAt ? visible(`${session.listensAt.address}:${session.listensAt.port}`) : '-',
  ])
  const all = [['ID', 'BEGUN', 'USED', 'EXPIRES', 'FROM', 'LISTENS AT'], ...rows]
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** `2026-11-21 09:05`, where the reader is. */
function localTime(unixSeconds: number): string {
  const time = new Date(unixSeconds * 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`
}

function ago(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, seconds)} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3600)} h`
}
