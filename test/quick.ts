/**
 * Names the test files that are quick and start no other program, for other Nodes than the machine's own: `.ci/run` gives them to
 * `test/run.ts`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TEST = dirname(fileURLToPath(import.meta.url))
const FOLDERS = /^(?:lib|kdc|database)[\\/].*\.test\.ts$/
/** What starts programs, or a whole KDC for each test. */
const PROGRAMS = /helpers\/(?:installed|kdc-process|program|realm|state|tmux)\.ts'|node:child_process/
/** Long, by what they go through or by the passwords they hash, which no Node does in another way. */
const LONG =
  /(?:meddled|schedules|endless|read-budget|register|login-limits|mls[\\/]state|transfer[\\/](?:transfer|channel))\.test\.ts$/

/** What differs from Node to Node, whatever it starts. */
const BY_NODE = ['build/baseline-module.test.ts']

const quick = readdirSync(TEST, { recursive: true, encoding: 'utf8' })
  .filter((file) => FOLDERS.test(file) && !LONG.test(file))
  .filter((file) => !PROGRAMS.test(readFileSync(join(TEST, file), 'utf8')))
process.stdout.write([...quick, ...BY_NODE].map((file) => `test/${file.replaceAll('\\', '/')}\n`).join(''))
