/**
 * The test file's end of the channel to the runner.
 *
 * @module
 */
import type { Message } from './messages.ts'

const send = process.send?.bind(process)
// The tests, and what they test, have no other use for it.
delete process.send
// The runner is gone, and with it who would end what this process has started.
process.once('disconnect', () =>
  process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL'),
)
process.channel?.unref()

export function report(message: Message): void {
  send?.(message)
}
