/** "Nobody sees it like this." All bits turned round is a cipher without a key. */
import { toBase64url } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = "bob's token stays with bob and the KDC"

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => ({
  ...right(sender, receiver, kdc),
  id: toBase64url(receiver.token.reveal().map((byte) => byte ^ 0xff)),
})
