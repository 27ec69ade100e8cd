/**
 * Which programs are alike, whatever their names, comments and order: by fingerprints, as in S. Schleimer, D. S. Wilkerson and A. Aiken,
 * "Winnowing: Local Algorithms for Document Fingerprinting" (2003). What the stub has, and what many have, says nothing.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { type Exercise, graderOf } from '../runner/catalogue.ts'
import { stubOf } from '../runner/work.ts'
import type { Course, Student } from './class.ts'
import { judgeOf } from './ownership.ts'
import { programOf, valuesOf } from './submission.ts'

/** So many tokens make a fingerprint, and of so many neighbours one is kept. */
const GRAM_TOKENS = 10
const WINDOW = 4
/** What more students than this have is what the exercise asks for: a share of the class, or so many. */
const COMMON_SHARE = 0.25
const COMMON_STUDENTS = 3
/** With fewer fingerprints of their own, two programs are too short to be compared. */
const MIN_FINGERPRINTS = 6

export interface Alike {
  readonly exercise: string
  readonly one: string
  readonly other: string
  /** How much of the shorter one is in the other; 1 where they are the same to the letter, blanks aside. */
  readonly share: number
  readonly what: 'program' | 'same program' | 'values'
}

/** @param threshold - from which share on; 0 to 1. */
export async function similar(
  folder: string,
  { key, students }: Course,
  exercises: readonly Exercise[],
  threshold: number,
): Promise<Alike[]> {
  const found: Alike[] = []
  for (const exercise of exercises) {
    const { file } = await graderOf(exercise)
    const written = students.flatMap((student) => {
      const program = programOf(join(folder, student.folder), exercise, file)
      return program.state === 'written' ? [{ name: student.name, text: program.text }] : []
    })
    found.push(
      ...(await pairs(exercise, file, written, threshold)),
      ...copied(folder, exercise, key, students),
    )
  }
  return found.sort((a, b) => a.exercise.localeCompare(b.exercise) || b.share - a.share)
}

interface Written {
  readonly name: string
  readonly text: string
}

async function pairs(
  exercise: Exercise,
  file: string,
  written: readonly Written[],
  threshold: number,
): Promise<Alike[]> {
  const solution = readFileSync(join(exercise.folder, 'solution', file), 'utf8')
  const stub = fingerprints(await tokensOf(stubOf(exercise, file)))
  const all = await Promise.all(
    written.map(async ({ name, text }) => ({
      name,
      letters: letters(text),
      prints: fingerprints(await tokensOf(text)),
    })),
  )
  const counts = new Map<string, number>()
  for (const { prints } of all) for (const print of prints) counts.set(print, (counts.get(print) ?? 0) + 1)
  const limit = Math.max(COMMON_STUDENTS, COMMON_SHARE * all.length)
  const own = all.map(({ prints }) => {
    return new Set([...prints].filter((print) => !stub.has(print) && (counts.get(print) ?? 0) <= limit))
  })
  const { number } = exercise
  const found: Alike[] = []
  for (const [i, one] of all.entries()) {
    if (one.letters === letters(solution)) {
      found.push({ exercise: number, one: one.name, other: 'the solution', share: 1, what: 'same program' })
    }
    for (const [j, other] of all.entries()) {
      if (j <= i) continue
      const pair = { exercise: number, one: one.name, other: other.name }
      const share = shared(own[i] as Set<string>, own[j] as Set<string>)
      if (one.letters === other.letters) found.push({ ...pair, share: 1, what: 'same program' })
      else if (share >= threshold) found.push({ ...pair, share, what: 'program' })
    }
  }
  return found
}

function copied(
  folder: string,
  { number }: Exercise,
  key: Uint8Array,
  students: readonly Student[],
): Alike[] {
  const judge = judgeOf(key, students, number)
  if (!judge) return []
  return students.flatMap((student) => {
    const owned = judge(student, valuesOf(join(folder, student.folder))[number])
    if (owned.values !== 'copied') return []
    return [
      { exercise: number, one: student.name, other: owned.from.name, share: 1, what: 'values' as const },
    ]
  })
}

/** All that is no blank; where it lies is another folder. */
const letters = (text: string) => text.replaceAll("'../given.ts'", "'./given.ts'").replace(/\s/g, '')

function shared(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const smaller = Math.min(one.size, other.size)
  if (smaller < MIN_FINGERPRINTS) return 0
  return [...one].filter((print) => other.has(print)).length / smaller
}

/** Of each `WINDOW` neighbouring runs of tokens the one with the smallest hash, so that any run that is long enough is found. */
export function fingerprints(tokens: readonly string[]): Set<string> {
  const hashes = Array.from({ length: Math.max(0, tokens.length - GRAM_TOKENS + 1) }, (_, i) => {
    const gram = tokens.slice(i, i + GRAM_TOKENS).join(' ')
    return createHash('sha256').update(gram).digest('base64url').slice(0, 11)
  })
  const kept = new Set<string>()
  for (let i = 0; i + WINDOW <= Math.max(hashes.length, WINDOW); i++) {
    const least = hashes.slice(i, i + WINDOW).sort()[0]
    if (least !== undefined) kept.add(least)
  }
  return kept
}

const TOKEN =
  /\/\/.*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|\.?[\p{ID_Start}_$][\p{ID_Continue}$]*|\d[\w.]*|\S/gu
const KEYWORD =
  /^(?:async|await|break|case|catch|class|continue|do|else|extends|finally|for|function|if|in|instanceof|new|of|return|switch|throw|try|typeof|while|yield|null|undefined|true|false|this)$/

/** A program without its types, comments and imports; the names that its writer chose are all the same. */
async function tokensOf(text: string): Promise<string[]> {
  const code = await transform(text, { loader: 'ts', format: 'esm', logLevel: 'silent' }).then(
    ({ code }) => code,
    () => text,
  )
  const imported = new Set<string>()
  const body = code.replace(/^import\s[^;'"]*['"][^'"]*['"];?/gm, (statement) => {
    for (const [name] of statement.matchAll(/[\w$]+/g)) imported.add(name)
    return ''
  })
  return [...body.matchAll(TOKEN)].flatMap(([token]) => {
    if (/^\/[/*]/.test(token)) return []
    // How a variable is declared is a matter of taste.
    if (/^(?:const|let|var)$/.test(token)) return ['let']
    const isName = /^[\p{ID_Start}_$]/u.test(token) && !KEYWORD.test(token) && !imported.has(token)
    return [isName ? 'name' : token]
  })
}
