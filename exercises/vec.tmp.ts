import { HandshakeState, NNpsk0, concat, utf8, seal, ZERO_NONCE, EMPTY } from 'symbolon/protocol'
import * as s from '/work/wt/ex8910/exercises/08-the-handshake/solution/handshake.ts'
import { Secret } from 'symbolon/protocol'
const hex = (b) => Buffer.from(b).toString('hex')
const secret = new Secret('channel secret', Uint8Array.from({length:32},(_, i)=>i))
const ticket = utf8('ticket')
const b = s.begin(secret, ticket, () => new Uint8Array(32).fill(1))
const m1 = b.message1()
const a = s.answer(secret, ticket, m1, () => new Uint8Array(32).fill(2))
const k = b.finish(a.message2)
for (const [n, v] of Object.entries({m1, m2: a.message2, ...k, as: a.keys.send})) console.log(n, hex(v))
const bob = new HandshakeState({ pattern: NNpsk0, initiator:false, prologue: concat(utf8('symbolon/1 channel'), ticket), psk: secret.reveal(), randomBytes: () => new Uint8Array(32).fill(2) })
bob.readMessage(m1); console.log(hex(bob.writeMessage()) === hex(a.message2), hex(bob.transport.handshakeHash) === hex(k.hash))
const t = new s.Transcript(ticket); console.log('h0', hex(t.h)); t.psk(secret); console.log('psk h', hex(t.h), 'k', hex(t.k)); t.e(m1.slice(0,32)); console.log('e h', hex(t.h), 'k', hex(t.k))
