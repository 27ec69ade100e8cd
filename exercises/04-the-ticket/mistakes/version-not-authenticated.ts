/** "The version is always 1: what is there to authenticate?" When there are two, somebody on the way makes a 1 of it. */
import { concat } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'nobody can change the header without bob noticing'

export const answerUserinfo = answerWith(ticketWith({ aad: (_header, sid, salt) => concat(sid, salt) }))
