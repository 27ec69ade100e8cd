/** Command lines and settings: what is empty is not taken for anything. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseArguments } from '../../src/cli/arguments.ts'
import { givenInvitation } from '../../src/cli/login/invitation.ts'
import { kdcUrl } from '../../src/cli/login/kdc-url.ts'
import { Passwords } from '../../src/cli/login/password.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { startKdc } from '../helpers/kdc-process.ts'
import { rejects, throws } from '../helpers/throws.ts'

const empty = suite('empty values')

empty('of an option are wrong usage, however they are written', () => {
  const parse = (...argv: string[]) =>
    parseArguments(argv, {
      help: 'usage: x\n',
      options: { host: { type: 'string', default: '127.0.0.1' }, file: { type: 'string', multiple: true } },
      positionals: ['NAME', '[MESSAGE]'],
      greedy: { option: 'file', after: 1 },
    })
  for (const argv of [['--host', ''], ['--host='], ['--file', 'x', '--file', ''], ['--file', 'x', '']]) {
    throws(() => parse('bob', ...argv), 'usage')
  }
  throws(() => parse(''), 'usage')
  assert.equal(parse('bob', '').positionals, ['bob', ''], 'a message may be empty')
})

empty('of our environment variables are wrong usage', async () => {
  const readers: [string, () => unknown][] = [
    ['SYMBOLON_KDC', () => kdcUrl(undefined)],
    ['SYMBOLON_INVITATION', () => givenInvitation(undefined)],
    ['SYMBOLON_PASSWORD', () => new Passwords({ username: 'bob' }).get()],
  ]
  for (const [variable, read] of readers) {
    const before = process.env[variable]
    process.env[variable] = ''
    await rejects((async () => read())(), 'usage')
    delete process.env[variable]
    if (before !== undefined) process.env[variable] = before
  }
})

empty('end the KDC before it does anything', async () => {
  const home = temporaryDirectory()
  const cases: [string[], NodeJS.ProcessEnv][] = [
    [['--host', ''], {}],
    [['--data', ''], {}],
    [['--master-key', ''], {}],
    [['users', '--data='], {}],
    [['backup', ''], {}],
    [['--port', '0', '--data', `${home.path}/kdc`], { SYMBOLON_MASTER_KEY: '' }],
  ]
  const judge = async ([args, env]: (typeof cases)[number]) => {
    const kdc = startKdc(args, { HOME: home.path, XDG_DATA_HOME: home.path, ...env })
    const said = await kdc.says('stderr', /(is empty|listening)/)
    if (said === 'listening') await kdc.stop()
    assert.is(said, 'is empty', args.join(' '))
    assert.is(await kdc.exit, 2, kdc.stderr)
  }
  await Promise.all(cases.map(judge))
  home.remove()
})

empty.run()
