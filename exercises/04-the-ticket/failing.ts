/**
 * What a program does when kdc.randomBytes throws.
 *
 * @module
 */
import { equal } from 'symbolon/protocol'
import { StudentError } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import { rightly } from './everyone.ts'
import { inWords } from './questions.ts'
import type { StudentKdc } from './student.ts'

const RANDOM_BYTES = 32

/** @throws Missing when there is an answer although kdc.randomBytes threw. */
export async function answersWithoutRandomness(kdc: StudentKdc): Promise<void> {
  const { failed, after } = await kdc.withoutRandomness()
  for (const { came } of failed) {
    if ('error' in came) {
      const isThrown = came.error instanceof StudentError
      must(isThrown, `${inWords(came)}kdc.randomBytes threw, and nobody hears of it: ${came.error.message}`)
      continue
    }
    const { reply, pool } = came
    must(
      !came.after,
      `${inWords(came)}kdc.randomBytes gave ${pool.length} bytes, threw, and gave more when it was asked again; and there was an answer. ` +
        'A source that has just said that it is not well is not to be asked again: let the error pass.',
    )
    const again = await kdc.ask(came)
    const isSame = again.reply.secret === reply.secret
    const [salt, other] = [rightly(came)?.parts.salt, rightly(again)?.parts.salt]
    must(
      false,
      `${inWords(came)}kdc.randomBytes gave ${pool.length} bytes and then threw, and there was an answer all the same. ` +
        'What is in the place of what is missing is not from kdc.randomBytes. Let the error pass: the KDC says that it cannot answer now.',
      () => {
        if (isSame && pool.length < RANDOM_BYTES)
          return `asked twice, your program has given the secret ${reply.secret} twice.`
        return salt && other && equal(salt, other)
          ? 'asked twice, your program has used one salt twice, and so one key.'
          : undefined
      },
    )
  }
  for (const { full, came } of after) {
    const problem =
      'error' in came
        ? came.error.message
        : JSON.stringify(came.reply) === JSON.stringify(full.reply)
          ? undefined
          : 'something of what failed is left.'
    must(
      !problem,
      `${inWords(came)}kdc.randomBytes had failed, and then it gave enough again; but the answer was not the one from before: ${problem}`,
    )
  }
}
