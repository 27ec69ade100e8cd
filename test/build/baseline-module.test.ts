/** The WebAssembly module that V8 does not optimize: it is one all the same, and those that come after it are optimized as ever. */
import { spawnSync } from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'
import v8 from 'node:v8'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BaselineModule } from '../../build/baseline-module.ts'

const test = suite('baseline module')
const hasBudget = Number(process.versions.node.split('.')[0]) >= 22

/** The shortest module there is: https://webassembly.github.io/spec/core/binary/modules.html */
const EMPTY_MODULE = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0)

/** The flags that are set meanwhile. */
function flagsOf(run: () => void): string[] {
  const { setFlagsFromString } = v8
  const flags: string[] = []
  v8.setFlagsFromString = (flag) => {
    flags.push(flag)
    setFlagsFromString(flag)
  }
  syncBuiltinESMExports()
  try {
    run()
  } finally {
    v8.setFlagsFromString = setFlagsFromString
    syncBuiltinESMExports()
  }
  return flags
}

test('it is a module', () => {
  assert.is(Object.prototype.toString.call(BaselineModule(EMPTY_MODULE)), '[object WebAssembly.Module]')
  assert.throws(() => BaselineModule(new Uint8Array(8)), /magic/)
})

test('V8 has its own budget again, also after what is no module; where it has none, none is set', () => {
  if (!hasBudget) {
    assert.equal(
      flagsOf(() => void BaselineModule(EMPTY_MODULE)),
      [],
    )
    return
  }
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })
  const usual = / --wasm-tiering-budget .*\n.*default: (--wasm-tiering-budget=\d+)\n/.exec(stdout)?.[1]
  assert.type(usual, 'string')
  for (const run of [
    () => void BaselineModule(EMPTY_MODULE),
    () => assert.throws(() => BaselineModule(new Uint8Array(8))),
  ]) {
    const flags = flagsOf(run)
    assert.is(flags.length, 2)
    assert.match(flags[0] ?? '', /^--wasm-tiering-budget=\d+$/)
    assert.is.not(flags[0], usual)
    assert.is(flags[1], usual)
  }
})

test.run()
