import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { endpointText, isReachedAt } from '../../../src/lib/network/address.ts'

const test = suite('where others are sent')

/** A machine at home, behind an address translator at 203.0.113.1. */
const ours = (address: string) =>
  ['127.0.0.1', '127.0.0.2', '::1', '192.168.1.7', '2001:db8::7'].includes(address)

test('is where a listener listens, or it is known that it is not', () => {
  const cases: [bound: string, published: string, reached: boolean][] = [
    ['127.0.0.1', '127.0.0.1', true],
    ['::ffff:127.0.0.1', '127.0.0.1', true],
    ['::1', '127.0.0.1', false],
    ['127.0.0.2', '127.0.0.1', false],
    ['127.0.0.1', '::1', false],
    ['127.0.0.1', '192.168.1.7', false],
    ['127.0.0.1', '203.0.113.1', false],
    ['::1', '2001:db8:1::1', false],
    ['192.168.1.7', '192.168.1.7', true],
    ['192.168.1.7', '127.0.0.1', false],
    ['192.168.1.7', '2001:db8::7', false],
    ['192.168.1.7', '203.0.113.1', true],
    ['fe80::7%eth0', 'fe80::7', true],
    ['0.0.0.0', '192.168.1.7', true],
    ['0.0.0.0', '203.0.113.1', true],
    ['0.0.0.0', '2001:db8::7', false],
    ['0.0.0.0', '::1', false],
    ['::', '::1', true],
    ['::', '192.168.1.7', true],
    ['::', '203.0.113.1', true],
  ]
  for (const [bound, published, reached] of cases) {
    assert.is(isReachedAt(bound, published, ours), reached, `${bound} as ${published}`)
  }
})

test('is written as in URLs', () => {
  assert.is(endpointText('127.0.0.1', 8800), '127.0.0.1:8800')
  assert.is(endpointText('::1', 42125), '[::1]:42125')
})

test.run()
