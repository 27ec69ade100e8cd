/** Asks for a password, and tells how long it is: a child process of resize.test.ts. */
import { promptSecret } from '../../../src/cli/login/prompt.ts'

process.stdout.write(`process ${process.pid}\n`)
const password = await promptSecret('password: ', 'use a terminal')
process.stdout.write(`${password.length} characters\n`)
