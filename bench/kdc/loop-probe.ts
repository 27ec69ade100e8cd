/**
 * Loaded into the KDC by `responsive.ts`: says over IPC how late the KDC's event loop has been since the last question.
 *
 * A timer is asked for every few milliseconds; how much later than asked it comes is how long the loop stood still.
 *
 * @module
 */
const INTERVAL_MS = 5

let late: number[] = []
let due = performance.now() + INTERVAL_MS

function tick(): void {
  const now = performance.now()
  late.push(Math.max(0, now - due))
  due = now + INTERVAL_MS
  setTimeout(tick, INTERVAL_MS).unref()
}

setTimeout(tick, INTERVAL_MS).unref()
process.on('message', () => {
  process.send?.(late)
  late = []
})
// A conversation with us is no reason for the KDC to go on.
process.channel?.unref()
