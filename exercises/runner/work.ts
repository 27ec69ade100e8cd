/**
 * Where a student works: a folder for each exercise, with the stub to begin with, and beside them how far the student is. It is kept
 * out of what is handed on.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import type { Grade } from '../examiner/grading.ts'
import { type Exercise, FOLDER, ROOT } from './catalogue.ts'
import { held } from './checklist.ts'

/** What is remembered of an exercise. */
export interface Progress {
  /** How many hints were shown. */
  readonly hints: number
  /** Of the files that the rest is about. */
  readonly hash?: string
  readonly held?: number
  readonly of?: number
}

export class Work {
  /** The folder of all. */
  readonly folder: string

  /** @param folder - default: `work`, in the project. */
  constructor(folder: string = join(ROOT, 'work')) {
    this.folder = folder
  }

  folderOf({ folder }: Exercise): string {
    return join(this.folder, basename(folder))
  }

  /** The file that the student writes. */
  fileOf(exercise: Exercise, file: string): string {
    return join(this.folderOf(exercise), file)
  }

  isBegun(exercise: Exercise, file: string): boolean {
    return existsSync(this.fileOf(exercise, file))
  }

  /** Puts the stub there, with what it imports; what is there already stays. @returns whether it was new. */
  begin(exercise: Exercise, file: string): boolean {
    if (this.isBegun(exercise, file)) return false
    const place = this.folderOf(exercise)
    mkdirSync(place, { recursive: true })
    for (const name of withImports(exercise.folder, file)) {
      if (existsSync(join(place, name))) continue
      writeFileSync(join(place, name), stubOf(exercise, name))
    }
    const from = (path: string) => relative(place, join(ROOT, path)).replaceAll('\\', '/')
    // For editors, and for --types: the project's own check does not look here.
    const config = {
      extends: from('tsconfig.json'),
      compilerOptions: {
        noUnusedLocals: false,
        noUnusedParameters: false,
        typeRoots: [from('node_modules/@types')],
      },
      include: ['.'],
    }
    writeFileSync(join(place, 'package.json'), '{ "type": "module" }\n')
    writeFileSync(this.configOf(exercise), `${JSON.stringify(config, null, 2)}\n`)
    return true
  }

  configOf(exercise: Exercise): string {
    return join(this.folderOf(exercise), 'tsconfig.json')
  }

  progress({ number }: Exercise): Progress {
    return this.#all()[number] ?? { hints: 0 }
  }

  remember(exercise: Exercise, progress: Partial<Progress>): void {
    const all = { ...this.#all(), [exercise.number]: { ...this.progress(exercise), ...progress } }
    mkdirSync(this.folder, { recursive: true })
    writeFileSync(this.#file, `${JSON.stringify(all, null, 2)}\n`)
  }

  rememberGrade(exercise: Exercise, grade: Grade): void {
    this.remember(exercise, { hash: this.hashOf(exercise), held: held(grade), of: grade.properties.length })
  }

  /** Of the student's files, and of what they are graded by. */
  hashOf(exercise: Exercise): string {
    const hash = createHash('sha256')
    for (const folder of [this.folderOf(exercise), exercise.folder, join(FOLDER, 'examiner')]) {
      const names = readdirSync(folder).filter((name) => name.endsWith('.ts'))
      for (const name of names.sort()) hash.update(`${name}\n`).update(readFileSync(join(folder, name)))
    }
    return hash.digest('base64url')
  }

  get #file(): string {
    return join(this.folder, 'progress.json')
  }

  /** What cannot be read is none: it only says how far one is. */
  #all(): Record<string, Progress> {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8'))
    } catch {
      return {}
    }
  }
}

/** What a student begins with. */
export function stubOf({ folder }: Pick<Exercise, 'folder'>, file: string): string {
  // What the stub offers to import is not used there yet.
  return readFileSync(join(folder, file), 'utf8').replace(/^\/\/ (?=import )/gm, '')
}

/** The file, and the exercise's own ones that it imports. */
function withImports(folder: string, file: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(file)) return found
  found.add(file)
  const text = readFileSync(join(folder, file), 'utf8')
  for (const [, name = ''] of text.matchAll(/from '\.\/([\w.-]+\.ts)'/g)) withImports(folder, name, found)
  return found
}
