/** The receiver of `listen`'s own example, as a program: says its port, then what it hears. Its handler may throw. */

import { listen } from '../../../src/lib/channel/listen.ts'
import { Secret } from '../../../src/lib/crypto/secret.ts'
import { ProtocolError } from '../../../src/lib/errors.ts'
import { NOW } from '../tickets.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)

const listener = await listen({
  username: 'bob',
  token: Secret.fromText('session token', process.argv[2] ?? ''),
  clock: () => NOW,
  onChannel: async (channel) => {
    for await (const message of channel) {
      say(`${channel.peer.username}: ${message.text}`)
      if (message.text === 'refuse me') throw new ProtocolError('request_refused', 'as you wish')
      if (message.text === 'crash') throw new TypeError('a mistake of the program')
    }
    say(`${channel.peer.username} has left`)
  },
})
say(`port ${listener.address.port}`)
