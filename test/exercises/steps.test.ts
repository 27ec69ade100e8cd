/** The exercises' READMEs, followed: after each step that says so, so many properties hold; and the values in them are right. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concat, EMPTY, Secret, seal, utf8 } from 'symbolon/protocol'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { grader as grader01 } from '../../exercises/01-a-sealed-box/grader.ts'
import { grader as grader02 } from '../../exercises/02-keys-from-a-key/grader.ts'
import { grader as grader03 } from '../../exercises/03-login/grader.ts'
import { grader as grader06 } from '../../exercises/06-directions-and-counters/grader.ts'
import { grader as grader07 } from '../../exercises/07-the-receiver/grader.ts'
import { grader as grader08 } from '../../exercises/08-the-handshake/grader.ts'
import { agree, publicKeyOf, Transcript } from '../../exercises/08-the-handshake/solution/handshake.ts'
import { grader as grader09 } from '../../exercises/09-guessing/grader.ts'
import { type Grader, gradeFile } from '../../exercises/examiner/grading.ts'
import { allExercises, findExercise, materialsOf } from '../../exercises/runner/catalogue.ts'
import { held } from '../../exercises/runner/checklist.ts'
import { stubOf } from '../../exercises/runner/work.ts'

const TIME_LIMIT_SEC = 60

/** What a student has then, made of the solution's program and the stub. */
type MakeProgram = (solution: string, stub: string) => string

/** A function as a program has it, with what its comment says. */
function functionOf(program: string, name: string): string {
  const [found] = new RegExp(`^export function ${name}\\([\\s\\S]*?^}\n`, 'm').exec(program) ?? []
  assert.ok(found, `there is no function ${name}`)
  return found
}

/** The solution, in which these functions are the stub's still. */
function without(...names: string[]): MakeProgram {
  return (solution, stub) =>
    names.reduce(
      (program, name) => program.replace(functionOf(program, name), () => functionOf(stub, name)),
      solution,
    )
}

/** The solution, with other words in some places. */
function but(...changes: [RegExp, string][]): MakeProgram {
  return (solution) =>
    changes.reduce((program, [is, was]) => {
      assert.match(program, is)
      return program.replace(is, was)
    }, solution)
}

/** For each step, in the README's order, that says how many properties hold. Those of 04 are in tool.test.ts. */
const STEPS: Readonly<Record<string, readonly [Grader<unknown>, ...MakeProgram[]]>> = {
  '01': [
    grader01,
    (solution, stub) => without('openBox')(but([/^ *cipher\.setAAD.*\n/m, ''])(solution, stub), stub),
  ],
  '02': [grader02, without('expand', 'hkdf', 'keysOf')],
  '03': [grader03, without('login', 'authenticate')],
  '06': [grader06, without('makeOpener')],
  '07': [grader07, but([/\bcheck\((?!condition)[^\n]*/g, ''], [/accepted\.set\(.*/, ''])],
  '08': [
    grader08,
    but(
      [/finish\(message2\): Keys \{/, "$&\n        throw new Error('exercise 08: write finish')"],
      [/const \[theirs, tag\] = parts\(message1\)/, "throw new Error('exercise 08: write answer')\n    $&"],
    ),
  ],
  '09': [grader09, without('blindFor', 'makeDoor'), without('makeDoor')],
}

const NUMBERS = ['None', 'One', 'Two', 'Three', 'Four', 'Five', 'Six']
const SAYS = new RegExp(`\\b(${NUMBERS.join('|')})\\s+propert(?:y\\s+holds|ies\\s+hold)\\.`, 'g')

const readmeOf = (number: string) => readFileSync(join(findExercise(number).folder, 'README.md'), 'utf8')
/** How many properties hold, after each step that says so. */
const saidIn = (readme: string) => [...readme.matchAll(SAYS)].map(([, word = '']) => NUMBERS.indexOf(word))

const steps = suite('the steps of the READMEs', { work: '' })

steps.before((context) => {
  context.work = mkdtempSync(join(tmpdir(), 'steps-'))
})
steps.after(({ work }) => rmSync(work, { recursive: true, force: true }))

for (const { number, folder } of allExercises()) {
  const [grader, ...programs] = STEPS[number] ?? []
  const said = saidIn(readmeOf(number))
  steps(`every step of ${number} that says how many properties hold is tried`, () => {
    assert.is(said.length, programs.length)
  })
  for (const [i, program] of programs.entries()) {
    steps(`exercise ${number}: ${said[i]} properties hold after the step that says so`, async ({ work }) => {
      assert.ok(grader)
      const text = (file: string) => readFileSync(join(folder, file), 'utf8')
      const place = join(work, `${number}-${i}`)
      mkdirSync(place)
      const solution = text(`solution/${grader.file}`).replaceAll("'../given.ts'", "'./given.ts'")
      writeFileSync(join(place, 'given.ts'), text('given.ts'))
      writeFileSync(join(place, grader.file), program(solution, stubOf({ folder }, grader.file)))
      const materials = materialsOf({ folder }, join(place, grader.file))
      const grade = await gradeFile(grader, materials, { first: true, timeLimitSec: TIME_LIMIT_SEC })
      assert.is(held(grade), said[i], JSON.stringify(grade.findings.at(-1)))
    })
  }
}

const upTo = (length: number, first = 0) => Uint8Array.from({ length }, (_, i) => first + i)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

steps('the record in 06 is right', () => {
  const nonce = Uint8Array.of(...new Uint8Array(11), 1)
  const record = seal(upTo(32), nonce, EMPTY, concat(Uint8Array.of(1), utf8('hi')))
  assert.match(readmeOf('06'), `nonce ${hex(nonce)}    record ${hex(record)}\n`)
})

steps('the values of the handshake in 08 are right', () => {
  const [alice, bob] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const both = new Transcript(utf8('ticket'))
  const values: [string, Uint8Array][] = [['h, after the prologue', both.h]]
  both.psk(new Secret('channel secret', upTo(32)))
  values.push(['h, after psk', both.h], ['k, after psk', both.k])
  both.e(publicKeyOf(alice))
  values.push(['h, after e', both.h], ['k, after e', both.k])
  values.push(['message 1', publicKeyOf(alice)], ['  its tag', both.tag()])
  both.e(publicKeyOf(bob))
  both.ee(agree(bob, publicKeyOf(alice)))
  values.push(['message 2', publicKeyOf(bob)], ['  its tag', both.tag()])
  const [toBob, toAlice] = both.split()
  values.push(['alice to bob', toBob], ['bob to alice', toAlice], ['hash', both.h])
  const lines = values.map(([name, value]) => `${name.padEnd(24)}${hex(value)}\n`)
  assert.match(readmeOf('08'), lines.join(''))
})

steps.run()
