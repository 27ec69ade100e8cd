/** "Node has randomness of its own." As good as the KDC's; but the KDC says where its randomness comes from, and a test wants to know. */
import { secureRandomBytes } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith(() => secureRandomBytes(32))
