import { networkInterfaces } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isOfThisMachine } from '../../src/cli/own-addresses.ts'

const test = suite('the addresses of this machine')

test('are told from those of others', () => {
  const own = Object.values(networkInterfaces()).flatMap((ones) => ones ?? [])
  for (const { address } of own) assert.ok(isOfThisMachine(address), address)
  for (const address of ['127.0.0.1', '127.3.2.1', '::1', '::ffff:127.0.0.1'])
    assert.ok(isOfThisMachine(address))
  for (const address of ['203.0.113.1', '2001:db8::1']) assert.not.ok(isOfThisMachine(address))
})

test.run()
