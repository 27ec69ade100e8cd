/** `npm run bench`: what it says to one who has called it wrongly, before anything is measured. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Program } from './helpers/program.ts'

const bench = suite('bench')

async function refused(...args: string[]): Promise<string> {
  const tool = ['--import', 'tsx', 'bench/run.ts', ...args]
  const { stdout, stderr } = await new Program(process.execPath, tool, process.env).input().ends(2)
  assert.is(stdout, '')
  return stderr
}

bench('a number of rounds is a whole number, and not none', async () => {
  for (const rounds of ['0', 'many']) {
    assert.match(await refused(`--rounds=${rounds}`, 'writes'), /--rounds: expected a whole number from 1 /)
  }
})

bench('what is no benchmark, and no version of Node, is refused', async () => {
  assert.match(await refused('chanel'), /there is no benchmark 'chanel'\n.*hint: there are .*channel/)
  assert.match(await refused('--node', 'lts', 'writes'), /--node: 'lts' is no version of Node/)
  assert.match(await refused('writes', '--node'), /--node/)
})

bench.run()
