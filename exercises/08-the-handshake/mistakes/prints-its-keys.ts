/** "To see what goes on." Whoever reads the log can read the conversation. */
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = 'nothing secret is printed, or stands in an error'

class Mine extends Transcript {
  override split(): [Uint8Array, Uint8Array] {
    const keys = super.split()
    // biome-ignore lint/suspicious/noConsole: this is what is wrong with it.
    console.log('keys', ...keys.map((key) => Buffer.from(key).toString('hex')))
    return keys
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
