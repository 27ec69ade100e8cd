/** Bytes from a sender, as they come, on a terminal: as lines that carry the name, and nothing that it would obey. */
import { saidLines } from '../terminal/terminal.ts'

/** Longer lines are shown in pieces. */
const MAX_LINE_CHARACTERS = 4096

/** Makes lines of them: what it gives is to be written as it is. */
export function terminalBytes(name: string, columns: number | undefined) {
  const decoder = new TextDecoder()
  let rest = ''
  let hasShown = false
  const show = (lines: readonly string[]) => {
    hasShown ||= lines.length > 0
    const rows = lines.flatMap((line) => saidLines({ name }, line.replace(/\r$/, ''), columns))
    return rows.map((row) => `${row}\n`).join('')
  }
  return {
    /** The lines that are whole now, each with its end. */
    take(bytes: Uint8Array): string {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > MAX_LINE_CHARACTERS) {
        lines.push(rest)
        rest = ''
      }
      return show(lines)
    },
    /** What is left when nothing more comes. */
    end(): string {
      const last = rest + decoder.decode()
      rest = ''
      return last === '' && hasShown ? '' : show([last])
    },
  }
}
