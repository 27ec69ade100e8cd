import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { networkOf } from '../../../src/kdc/network/ip-network.ts'

const network = suite('networks')

const NETWORKS: Record<string, string[]> = {
  '192.0.2.7': ['192.0.2.7'],
  '2001:db8:1:2::/64': [
    '2001:db8:1:2::',
    '2001:db8:1:2::7',
    '2001:0DB8:0001:0002:ffff:ffff:ffff:ffff',
    '2001:db8:1:2:3:4:5:6',
    '2001:db8:1:2:3:4:192.0.2.7',
    '2001:db8:1:2::192.0.2.7',
    '2001:db8:1:2:3::5:6',
    '2001:db8:1:2:3:4:5::',
  ],
  '2001:db8:1:3::/64': ['2001:db8:1:3::7'],
  '2001:db8:0:0::/64': ['2001:db8::', '2001:db8::7', '2001:db8::1:2:3:4', '2001:db8:0:0:1::'],
  '2001:db8:0:1::/64': ['2001:db8::1:2:3:4:5', '2001:db8:0:1::', '2001:db8:0:1:0:0:0:1'],
  '2001:0:0:1::/64': ['2001::1:2:3:4:5'],
  '0:0:0:0::/64': ['::', '::192.0.2.7', '::2:3:4:5'],
  // One machine, however many addresses its users take.
  loopback: ['127.0.0.1', '127.1.2.3', '127.255.255.254', '::1', 'localhost'],
  '0:1:2:3::/64': ['::1:2:3:4:5:6:7', '0:1:2:3:4:5:6:7'],
  '0:0:1:2::/64': ['::1:2:3:4:5:6'],
  'fe80:0:0:0::/64': ['fe80::1', 'fe80::1%eth0', 'FE80::1%ETH0', 'fe80::abcd:1%1', 'fe80::1%a:b:c:d:e:f'],
}

for (const [name, addresses] of Object.entries(NETWORKS)) {
  network(`${name} has its addresses, however they are written`, () => {
    for (const address of addresses) assert.is(networkOf(address), name, address)
  })
}

network('what is no IPv6 address stays as it is', () => {
  for (const text of ['', '192.0.2.7', '128.0.0.1', '2001:db8', '1:2:3:4:5:6:7:8:9', 'login']) {
    assert.is(networkOf(text), text)
  }
})

network('an IPv4 address at the end stands for two groups', () => {
  assert.is(networkOf('::1:2:3:4:5:192.0.2.7'), '0:1:2:3::/64')
  assert.is(networkOf('1::2:3:4:5:192.0.2.7'), '1:0:2:3::/64')
})

network.run()
