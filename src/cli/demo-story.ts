/** The protocol told to a reader who has never seen it: a sentence for each message as it passes. */
import type { TraceEvent } from '../lib/trace.ts'
import { wrapWords } from './terminal/help.ts'
import { visible } from './terminal/terminal.ts'

/** A trace event, as `--json --trace` writes it. */
interface Traced extends Omit<TraceEvent, 'name'> {
  readonly event: string
  readonly message: string
}

/** Which of the protocol's five messages it belongs to, and what it is for. */
const SENTENCES: Record<string, { number?: number; says: string }> = {
  'login-start': {
    number: 1,
    says: 'Alice logs in. Her password stays with her: what she sends is blinded by it (OPAQUE).',
  },
  'login-answer': {
    says: 'Only the KDC that knows her account can answer so that her password makes sense of it.',
  },
  'login-finish': { says: 'And only with the right password can she prove that it did.' },
  token: {
    number: 2,
    says: 'Both have worked out the same token, and neither has sent it: from now on it is the key that they share. All that follows between them is sealed with it.',
  },
  userinfo: { number: 3, says: 'She asks for bob.' },
  answer: {
    number: 4,
    says: 'She gets his address, a fresh secret, and senderinfo: the ticket. It holds her name and the same secret, sealed under the token of *bob’s* login. She cannot open it; he can.',
  },
  ticket: {
    number: 5,
    says: 'She calls bob directly and hands him the ticket. The KDC has no part in this any more.',
  },
  'noise-1': {
    says: 'With it goes a fresh public key, marked in a way that only a holder of the secret can.',
  },
  'noise-2': {
    says: 'Bob has opened the ticket, so he knows the secret too, and proves it with a key of his own. From the two fresh keys both make the keys of this conversation, and forget them afterwards.',
  },
  message: { says: 'Only now does she speak: her message, encrypted with those keys.' },
  ack: { says: 'Bob’s receiver has printed it, and says so.' },
}

const INDENT = '     '
const WIDTH = 80 - INDENT.length

/** The lines for one event; none for what is not part of the story. */
export function tell(event: Traced): string[] {
  const sentence = event.event === 'trace' ? SENTENCES[event.message] : undefined
  if (!sentence) return []
  const { from, to, by } = event
  const mark = sentence.number === undefined ? '   ' : ` ${sentence.number} `
  return [
    `${mark} ${visible(`${from} → ${to}`).padEnd(14)} ${by}`,
    ...wrapWords(sentence.says, WIDTH).map((line) => INDENT + line),
    ...fieldLines(event.fields).map((line) => `${INDENT}  ${line}`),
    '',
  ]
}

function fieldLines(fields: TraceEvent['fields']): string[] {
  const width = Math.max(0, ...Object.keys(fields).map((name) => name.length))
  return Object.entries(fields).map(([name, value]) => visible(`${name.padEnd(width)}  ${value}`))
}
