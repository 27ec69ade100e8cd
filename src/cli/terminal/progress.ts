/**
 * How far files are: a line on the terminal that changes, or events for programs.
 *
 * @module
 */

import { sizeText } from './format.ts'
import type { Output } from './output.ts'
import { styled, visible } from './terminal.ts'

/** What takes less is over before anybody wonders. */
const FIRST_MS = 500
const LINE_INTERVAL_MS = 200
const EVENT_INTERVAL_MS = 250

/** Hears how many bytes of one file have been moved, and that it is over. */
export interface Progress {
  at(bytes: number): void
  end(): void
}

/** How far a transfer is. */
export interface ProgressUpdate {
  /** Of the file on its way; made safe already. */
  readonly name: string
  /** Of this file. */
  readonly bytes: number
  /** Nobody knows it of what comes from a pipe. */
  readonly size?: number | undefined
  /** Where there may be several: */
  readonly whole?: OverallProgress | undefined
  /** So much of it was there before: it tells nothing about the rate. */
  readonly before?: number | undefined
}

/** How far all files of a transfer are. */
interface OverallProgress {
  /** Which file it is, from 1. */
  readonly file: number
  readonly files?: number | undefined
  readonly bytes: number
  readonly size?: number | undefined
}

/** Hears how far a transfer is, and that it is over. */
export interface ProgressSink {
  at(moved: ProgressUpdate): void
  end(): void
}

/** A place for one line that changes. */
export interface StatusLine {
  readonly columns: number
  show(line: string): void
  wipe(): void
}

/** Where it is shown, and by which clock; for tests. */
export interface ProgressOptions {
  readonly stream?: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>
  /** Another place than the stream. */
  readonly status?: StatusLine | undefined
  /** In milliseconds. */
  readonly clock?: () => number
}

/** Progress that nobody sees: for where something else is on the terminal. */
export const SILENT: Progress & ProgressSink = { at() {}, end() {} }

/**
 * Shows how far a file is: on stderr where it is a terminal; with `--json`, as `progress` events, four a second at most.
 *
 * @param name - made safe already.
 */
export function progressOf(
  output: Output,
  name: string,
  size: number,
  options: ProgressOptions = {},
): Progress {
  const meter = meterOf(output, options)
  return { at: (bytes) => meter.at({ name, bytes, size }), end: () => meter.end() }
}

/** The same, for a transfer of one file or several. */
export function meterOf(
  output: Output,
  { stream = process.stderr, status, clock = () => performance.now() }: ProgressOptions = {},
): ProgressSink {
  if (output.json) return eventMeter(output, clock)
  if (status) return lineMeter(status, clock)
  // Among the lines of a trace it would be in the way.
  if (!stream.isTTY || output.trace) return SILENT
  return lineMeter(
    {
      get columns() {
        return stream.columns ?? 80
      },
      show: (line) => stream.write(`\r${styled('cyan', line, stream)}\x1b[K`),
      wipe: () => stream.write('\r\x1b[K'),
    },
    clock,
  )
}

function eventMeter(output: Output, clock: () => number): ProgressSink {
  let last = clock()
  return {
    at({ name, bytes, size, whole }) {
      const now = clock()
      if (now - last < EVENT_INTERVAL_MS) return
      last = now
      output.event('progress', { name, bytes, size, ...(whole && wholeFields(whole)) })
    },
    end() {},
  }
}

const wholeFields = ({ file, files, bytes, size }: OverallProgress) => ({
  file,
  files,
  total_bytes: bytes,
  total_size: size,
})

function lineMeter(status: StatusLine, clock: () => number): ProgressSink {
  const begun = clock()
  let next = begun + FIRST_MS
  let shown = false
  return {
    at(moved) {
      const now = clock()
      if (now < next) return
      next = now + LINE_INTERVAL_MS
      shown = true
      status.show(progressLine(moved, (now - begun) / 1000, status.columns))
    },
    end() {
      if (shown) status.wipe()
      shown = false
    },
  }
}

/**
 * Less than `columns` wide: `report.pdf  45 %, 12 MB of 27 MB, 3.2 MB/s, 5 s left`; of several
 * `a.jpg  12 of 340 files, 45 %, 12 MB of 27 MB, 3.2 MB/s, 5 s left`; of what has no known size `backup.tar  12 MB, 3.2 MB/s`.
 */
export function progressLine(moved: ProgressUpdate, seconds: number, columns: number): string {
  const { name, whole, before = 0 } = moved
  // Where nobody knows how much all is, how far this file is.
  const { bytes, size } = whole?.size === undefined ? moved : whole
  const rate = ((whole ?? moved).bytes - before) / seconds
  const percent = size === 0 ? 100 : Math.min(100, Math.floor((100 * bytes) / (size ?? 1)))
  const parts = [
    ...(whole && (whole.files ?? whole.file) > 1 ? [countText(whole)] : []),
    ...(size === undefined ? [sizeText(bytes)] : [`${percent} %`, `${sizeText(bytes)} of ${sizeText(size)}`]),
    `${sizeText(rate)}/s`,
    ...(size !== undefined && rate > 0 ? [`${duration(Math.max(0, size - bytes) / rate)} left`] : []),
  ]
  const numbers = parts.join(', ')
  // Characters may be two cells wide.
  const room = Math.floor((columns - numbers.length - 3) / 2)
  const characters = [...visible(name)]
  const fits = characters.length <= room || (/^[\x20-\x7e]*$/.test(name) && characters.length <= 2 * room)
  const short = fits ? characters.join('') : `${characters.slice(0, Math.max(0, room - 1)).join('')}…`
  return `${short}  ${numbers}`
}

function countText({ file, files }: OverallProgress): string {
  return files === undefined ? `file ${file}` : `${file} of ${files} files`
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3600)} h`
}
