/**
 * How far a file is: a line on the terminal that changes, or events for programs.
 *
 * @module
 */
import type { Output } from './events.ts'
import { sizeText } from './size.ts'
import { visible } from './terminal.ts'

/** What takes less is over before anybody wonders. */
const FIRST_MS = 500
const LINE_INTERVAL_MS = 200
const EVENT_INTERVAL_MS = 250

/** Hears how many bytes have been moved, and that it is over. */
export interface Progress {
  at(bytes: number): void
  end(): void
}

/** Where it is shown, and by which clock; for tests. */
export interface ProgressOptions {
  readonly stream?: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>
  /** In milliseconds. */
  readonly clock?: () => number
}

/** Progress that nobody sees: for where something else is on the terminal. */
export const SILENT: Progress = { at() {}, end() {} }

/**
 * Shows how far a file is: on stderr where it is a terminal; with `--json`, as `progress` events, four a second at most.
 *
 * @param name - made safe already.
 */
export function progressOf(
  output: Output,
  name: string,
  size: number,
  { stream = process.stderr, clock = () => performance.now() }: ProgressOptions = {},
): Progress {
  if (output.json) return eventProgress(output, name, size, clock)
  // Among the lines of a trace it would be in the way.
  if (!stream.isTTY || output.trace) return SILENT
  return lineProgress(name, size, stream, clock)
}

function eventProgress(output: Output, name: string, size: number, clock: () => number): Progress {
  let last = clock()
  return {
    at(bytes) {
      const now = clock()
      if (now - last < EVENT_INTERVAL_MS) return
      last = now
      output.event('progress', { name, bytes, size })
    },
    end() {},
  }
}

function lineProgress(
  name: string,
  size: number,
  stream: NonNullable<ProgressOptions['stream']>,
  clock: () => number,
): Progress {
  const begun = clock()
  let next = begun + FIRST_MS
  let shown = false
  return {
    at(bytes) {
      const now = clock()
      if (now < next) return
      next = now + LINE_INTERVAL_MS
      shown = true
      const line = progressLine(name, bytes, size, (now - begun) / 1000, stream.columns ?? 80)
      stream.write(`\r${line}\x1b[K`)
    },
    end() {
      if (shown) stream.write('\r\x1b[K')
      shown = false
    },
  }
}

/** `report.pdf  45 %, 12 MB of 27 MB, 3.2 MB/s, 5 s left`: less than `columns` wide. */
export function progressLine(
  name: string,
  bytes: number,
  size: number,
  seconds: number,
  columns: number,
): string {
  const rate = bytes / seconds
  const percent = size === 0 ? 100 : Math.floor((100 * bytes) / size)
  const left = rate > 0 ? `, ${duration((size - bytes) / rate)} left` : ''
  const numbers = `${percent} %, ${sizeText(bytes)} of ${sizeText(size)}, ${sizeText(rate)}/s${left}`
  // Characters may be two cells wide.
  const room = Math.floor((columns - numbers.length - 3) / 2)
  const characters = [...visible(name)]
  const fits = characters.length <= room || (/^[\x20-\x7e]*$/.test(name) && characters.length <= 2 * room)
  const short = fits ? characters.join('') : `${characters.slice(0, Math.max(0, room - 1)).join('')}…`
  return `${short}  ${numbers}`
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3600)} h`
}
