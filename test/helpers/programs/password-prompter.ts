/**
 * Asks for a password, and tells how long it is: a child process of resize.test.ts. In the file that is named it keeps how many bytes have come,
 * of which the terminal shows nothing.
 */
import { writeFileSync } from 'node:fs'
import { promptSecret } from '../../../src/cli/login/prompt.ts'

process.stdout.write(`process ${process.pid}\n`)
const answer = promptSecret('password: ', 'use a terminal')
let typed = 0
process.stdin.on('data', (data: Uint8Array) => {
  typed += data.length
  writeFileSync(process.argv[2] ?? '', String(typed))
})
const password = await answer
process.stdout.write(`${password.length} characters\n`)
