/**
 * Messages that have waited, at a receiver: those from when it was away, and those that come so later.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../lib/client.ts'
import { SymbolonError } from '../lib/errors.ts'
import type { Output } from './events.ts'
import { Mail } from './mail.ts'
import { showNew } from './stored.ts'

/** After something went wrong, the next look is so much later. */
const RETRY_MS = 5000

/**
 * Shows what others have left, as it comes, until `signal` ends it. Whatever goes wrong is told once, and tried again: a receiver
 * is there for those who come by themselves, too.
 */
export async function showLetters(session: Session, output: Output, signal: AbortSignal): Promise<void> {
  let told: string | undefined
  while (!signal.aborted) {
    try {
      await watch(session, output, signal)
      told = undefined
    } catch (error) {
      if (signal.aborted) return
      const { message } = error as Error
      if (message !== told) {
        output.event('mail_unavailable', codeOf(error), `messages that wait cannot be read now: ${message}`)
      }
      told = message
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
  }
}

async function watch(session: Session, output: Output, signal: AbortSignal): Promise<void> {
  const mail = await Mail.open(session, output)
  try {
    const look = () =>
      mail.use(async (mailbox) => {
        await mailbox.sync()
        await showNew(mailbox, output, (message) => message.with !== undefined)
      })
    await look()
    for await (const _ of mail.arrivals(signal)) await look()
  } finally {
    await mail.close()
  }
}

function codeOf(error: unknown): { code?: string } {
  return error instanceof SymbolonError ? { code: error.code } : {}
}
