/** Pure steps from one frozen state to the next; the functions that are given out only keep the last one. */
import { concat, EMPTY, fromUtf8, open, seal, u16, utf8 } from 'symbolon/protocol'
import type { Keys, Opener, Sealer, Side } from '../given.ts'

type State = Readonly<{ high: number; low: number; is: 'going' | 'whole' | 'broken' }>

const begin = (count: number): State =>
  Object.freeze({ high: Math.floor(count / 65_536), low: count % 65_536, is: 'going' })

const after = ({ high, low, is }: State): State =>
  Object.freeze(low === 65_535 ? { high: high + 1, low: 0, is } : { high, low: low + 1, is })

function nonceOf({ high, low, is }: State): Uint8Array {
  if (is !== 'going') throw new Error(`no more: ${is}`)
  if (high > 65_535) throw new RangeError('no more: the counts are used up')
  return concat(new Uint8Array(8), u16(high), u16(low))
}

const TYPES = { message: Uint8Array.of(1), end: Uint8Array.of(5) }

export function makeSealer(keys: Keys, side: Side, count = 0): Sealer {
  const { [side === 'alice' ? 'aliceToBob' : 'bobToAlice']: key } = keys
  let state = begin(count)
  const say = (content: Uint8Array, then: State['is']) => {
    const record = seal(key.reveal(), nonceOf(state), EMPTY, content)
    state = { ...after(state), is: then }
    return record
  }
  return Object.freeze({
    seal: (text: string) => say(concat(TYPES.message, utf8(text)), 'going'),
    end: () => say(TYPES.end, 'whole'),
  })
}

function read(key: Uint8Array, state: State, record: Uint8Array): [text: string | undefined, State] {
  const content = open(key, nonceOf(state), EMPTY, record)
  if (content.length === 0) throw new Error('nothing in it')
  const [type] = content
  if (type === TYPES.end[0] && content.length === 1) return [undefined, { ...state, is: 'whole' }]
  if (type !== TYPES.message[0]) throw new Error(`a type of another book: ${type}`)
  return [fromUtf8(content.subarray(1)), after(state)]
}

export function makeOpener(keys: Keys, side: Side, count = 0): Opener {
  const { [side === 'bob' ? 'aliceToBob' : 'bobToAlice']: key } = keys
  const states: State[] = [begin(count)]
  return Object.freeze({
    open(record: Uint8Array) {
      const state = states.at(-1) as State
      try {
        const [text, next] = read(key.reveal(), state, record)
        states.push(next)
        return text
      } catch {
        states.push({ ...state, is: 'broken' })
        throw new Error('refused')
      }
    },
    close() {
      if (states.at(-1)?.is !== 'whole') throw new Error('not whole')
    },
  })
}
