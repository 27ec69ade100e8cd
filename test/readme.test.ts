/** The README's program, run as a project of its own that depends on this one. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Program } from './helpers/program.ts'
import { PASSWORD, Realm } from './helpers/realm.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const test = suite('README')

test('its program sends a message, and ends', async () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))?.[1] ?? ''
  assert.match(example, "from 'symbolon'")
  const realm = await Realm.start('alice', 'bob')
  try {
    const project = join(realm.home, 'project')
    mkdirSync(join(project, 'node_modules'), { recursive: true })
    // On Windows a junction needs no privilege.
    symlinkSync(ROOT, join(project, 'node_modules', 'symbolon'), 'junction')
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
    const program = example.replace('http://127.0.0.1:8800', realm.url)
    writeFileSync(join(project, 'hello.ts'), `const password = '${PASSWORD}'\n${program}`)
    const bob = await realm.receiver('bob')
    await new Program(process.execPath, ['--import', 'tsx', join(project, 'hello.ts')], realm.env)
      .input()
      .ends(0)
    assert.is(bob.stdout, 'alice: hello\n')
  } finally {
    await realm.close()
  }
})

test.run()
