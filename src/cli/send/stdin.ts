/** What a command line says is to be sent: words, or standard input, as one message or as a stream where it is longer. */
import { Readable } from 'node:stream'
import { USERNAME } from '../../lib/names.ts'
import { contentOf, type FileSource } from '../../lib/transfer/index.ts'
import { ToolError } from '../errors.ts'
import { commandOf } from '../installed.ts'

/** What standard input holds: all of it, or, where that is too long for a message, its pieces as they come. */
export type Input = { readonly message: Uint8Array } | { readonly pieces: AsyncIterable<Uint8Array> }

type Bytes = AsyncIterable<Uint8Array>

export const STDIN = Symbol('standard input')

/** What a command line gives as the message. */
export type Words = typeof STDIN | { readonly text: string } | undefined

/** `-` is standard input, unless it came after `--`, where everything is text. @param literals - how many of the last arguments did. */
export function messageGiven(words: string | undefined, literals = 0): Words {
  if (words === undefined) return undefined
  return words === '-' && literals === 0 ? STDIN : { text: words }
}

export const SENDER_NAME_HINT =
  'where NAME is left out, "--" goes before a message of one word, which may be a receiver: ' +
  `${commandOf('send')} bob -- hi`

/**
 * Whether two arguments may be NAME and RECEIVER, rather than RECEIVER and MESSAGE: a wrong guess sends words or files to a stranger.
 *
 * @param literals - how many of them came after `--`: the last alone is a message.
 */
export function mayBeNamed(positionals: readonly string[], literals: number): boolean {
  const [, second = '-'] = positionals
  return literals !== 1 && USERNAME.test(second.toLowerCase())
}

/**
 * Reads standard input, to its end or until it is longer than a message. A message may be empty, but who redirects something expects
 * it to hold one.
 *
 * @throws ToolError when it holds nothing.
 */
export async function readInput(maxMessageBytes: number, input: Bytes = process.stdin): Promise<Input> {
  const chunks: Uint8Array[] = []
  let length = 0
  const rest = input[Symbol.asyncIterator]()
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    chunks.push(next.value)
    length += next.value.length
    if (length > maxMessageBytes) return { pieces: withHead(chunks, rest) }
  }
  if (length === 0) throw new ToolError('standard input is empty: nothing was sent')
  return { message: Buffer.concat(chunks) }
}

/** Reads standard input as one message. @throws ToolError when it holds nothing, or more than `maxBytes`; nothing has been sent then. */
export async function readStdin(maxBytes: number): Promise<Uint8Array> {
  const input = await readInput(maxBytes)
  if ('message' in input) return input.message
  leaveStdin()
  throw new ToolError(`standard input has more than ${maxBytes} bytes, the most a message may have`, {
    hint: 'send it in smaller pieces',
  })
}

/** Lets go of standard input, however much of it is unread: otherwise the tool would wait for its end. */
export function leaveStdin(): void {
  if (!process.stdin.isTTY) process.stdin.destroy()
}

// The head is let go of as it is given: it is not to be in memory for as long as the stream lasts.
async function* withHead(head: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let chunk = head.shift(); chunk; chunk = head.shift()) yield chunk
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

/** @param name - without one it is a stream: for a receiver that passes it on. */
export function pipeSource(pieces: AsyncIterable<Uint8Array>, name?: string): FileSource {
  const kind = name === undefined ? 'bytes' : 'file'
  // One piece ahead, no more: they may be large.
  const open = async () => contentOf(Readable.from(pieces, { highWaterMark: 1 }))
  return { kind, name: name ?? 'standard input', open }
}
