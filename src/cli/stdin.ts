/**
 * Standard input as one message.
 *
 * @module
 */
import { ToolError } from './errors.ts'

/**
 * Reads standard input to its end. A message may be empty, but who redirects something expects it to hold one.
 *
 * @throws ToolError when it holds nothing, or more than `maxBytes`; nothing has been sent then.
 */
export async function readStdin(maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) {
      process.stdin.destroy()
      throw new ToolError(`standard input has more than ${maxBytes} bytes, the most a message may have`, {
        hint: 'send it in smaller pieces',
      })
    }
    chunks.push(chunk)
  }
  if (length === 0) throw new ToolError('standard input is empty: nothing was sent')
  return Buffer.concat(chunks)
}
