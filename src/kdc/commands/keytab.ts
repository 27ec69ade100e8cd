/** `kdc keytab`: a service's name, KDC and password in one file, with which it logs in by itself. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { parseToolArguments } from '../../cli/arguments.ts'
import { ToolError } from '../../cli/errors.ts'
import { commandOf } from '../../cli/installed.ts'
import { KDC_URL_OPTION, kdcUrl } from '../../cli/login/kdc-url.ts'
import { formatKeytab, readKeytab } from '../../cli/login/keytab.ts'
import { talk } from '../../cli/terminal/terminal.ts'
import { replacePrivateFileAfter } from '../../files/private-files.ts'
import { parseUsername } from '../../lib/names.ts'
import { addAccount, changePassword } from '../data.ts'
import { cannotWrite, DATA_OPTION, withData } from './data-option.ts'

const PASSWORD_BYTES = 32

/** `kdc keytab NAME FILE` */
export async function keytab(argv: string[]): Promise<void> {
  const { values, positionals } = parseToolArguments('kdc', argv, {
    help: (kdc, options) => `usage: ${kdc} keytab NAME FILE [options]

Writes a keytab: a file with which the service NAME logs in by itself, wherever
the file is. NAME gets a random password that only the keytab holds; the account
is made if there is none. One that exists loses its password, and its sessions
end. The KDC may be running or not.

${options}

A service uses it so: ${commandOf('receive')} --keytab FILE

example: ${kdc} keytab printer /etc/printer.keytab
`,
    options: { ...KDC_URL_OPTION, ...DATA_OPTION },
    positionals: ['NAME', 'FILE'],
  })
  const [name = '', file = ''] = positionals
  const username = parseUsername(name)
  const kdc = kdcUrl(values.kdc)
  refuseToReplace(file, username)
  await withData(values.data, { create: true }, async (data) => {
    const password = randomBytes(PASSWORD_BYTES).toString('base64url')
    const kdcKey = await data.opaqueKeys.publicKey()
    const exists = (await data.store.accounts.find(username)) !== undefined
    // The file is on disk before the account depends on it.
    await replacePrivateFileAfter(file, formatKeytab({ kdc, kdcKey, username, password }), () =>
      exists ? changePassword(data, username, password) : addAccount(data, username, password),
    ).catch((error: unknown) => {
      const hint = 'make the directory, and see that you may write there; the account is as it was'
      throw cannotWrite(file, file, error, hint)
    })
    talk('kdc')(`${exists ? 'changed the password of' : 'added'} ${username}; ${file} is its keytab`)
  })
}

// A slip of the keyboard must cost no service its keytab, and no person a file.
function refuseToReplace(file: string, username: string): void {
  if (!existsSync(file)) return
  const owner = readKeytab(file).username
  if (owner !== username) {
    throw new ToolError(`${file} is the keytab of ${owner}`, { hint: 'name another file, or remove it' })
  }
}
