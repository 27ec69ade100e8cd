/** "What was used was used." A new login is a new token; its tickets are others. */
import type { MakeReceiver } from '../given.ts'
import { type Memory, receiver } from './shared/habits.ts'

export const breaks = 'every login has a memory of its own'

const memory: Memory = new Map()

export const makeReceiver: MakeReceiver = (login) => receiver(login, {}, memory)
