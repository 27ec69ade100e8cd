/** Everything as late as possible: the key pair when message 1 is asked for, promises, and a check of small keys of its own. */
import {
  concat,
  EMPTY,
  equal,
  hkdf,
  open,
  type RandomBytes,
  type Secret,
  seal,
  utf8,
} from 'symbolon/protocol'
import { agree, publicKeyOf, sha256 } from '../solution/handshake.ts'

class Both {
  h = sha256(utf8('Noise_NNpsk0_25519_ChaChaPoly_SHA256'))
  ck = this.h
  k = new Uint8Array(32)
  readonly nonce = new Uint8Array(12)

  hear(...all: Uint8Array[]): this {
    for (const data of all) this.h = sha256(concat(this.h, data))
    return this
  }

  stir(ikm: Uint8Array, more = false): this {
    const out = hkdf(ikm, this.ck, EMPTY, 96)
    this.ck = out.slice(0, 32)
    if (more) this.hear(out.slice(32, 64))
    this.k = more ? out.slice(64) : out.slice(32, 64)
    return this
  }

  judge(message: Uint8Array): void {
    if (open(this.k, this.nonce, this.h, message.slice(32)).length > 0) throw new TypeError('not empty')
    this.hear(message.slice(32))
  }
}

const started = (secret: Secret, ticket: Uint8Array) =>
  new Both().hear(concat(utf8('symbolon/1 channel'), ticket)).stir(secret.reveal(), true)

function shared(own: Uint8Array, theirs: Uint8Array): Uint8Array {
  const found = agree(own, theirs)
  if (equal(found, new Uint8Array(32))) throw new RangeError('zeros')
  return found
}

export const begin = (secret: Secret, ticket: Uint8Array, randomBytes: RandomBytes) => {
  const state = started(secret, ticket)
  let own: Uint8Array | undefined
  let message: Uint8Array | undefined
  return {
    async message1() {
      own ??= randomBytes(32)
      if (message) return message
      const mine = publicKeyOf(own)
      const tag = seal(state.hear(mine).stir(mine).k, state.nonce, state.h, EMPTY)
      state.hear(tag)
      message = concat(mine, tag)
      return message
    },
    async finish(message2: Uint8Array) {
      if (!own) throw new TypeError('not begun')
      const theirs = message2.slice(0, 32)
      state.hear(theirs).stir(theirs).stir(shared(own, theirs)).judge(message2)
      const out = hkdf(EMPTY, state.ck, EMPTY, 64)
      return { send: out.slice(0, 32), receive: out.slice(32), hash: state.h }
    },
  }
}

export const answer = async (
  secret: Secret,
  ticket: Uint8Array,
  message1: Uint8Array,
  randomBytes: RandomBytes,
) => {
  const state = started(secret, ticket)
  const theirs = message1.slice(0, 32)
  state.hear(theirs).stir(theirs).judge(message1)
  const own = randomBytes(32)
  const mine = publicKeyOf(own)
  const sealed = seal(state.hear(mine).stir(mine).stir(shared(own, theirs)).k, state.nonce, state.h, EMPTY)
  const out = hkdf(EMPTY, state.hear(sealed).ck, EMPTY, 64)
  return {
    message2: concat(mine, sealed),
    keys: { send: out.slice(32), receive: out.slice(0, 32), hash: state.h },
  }
}
