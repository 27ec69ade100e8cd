/** A child process of kills.test.ts, to be killed, and of send-large.ts: `receiving.ts PORT DIRECTORY` receives what comes from that port into the directory. */
import { connect } from 'node:net'
import { takeInto } from '../../../src/files/by-path.ts'
import { receiveItems } from '../../../src/lib/transfer/index.ts'

const [, , port, directory = ''] = process.argv
const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
const limits = { maxFileBytes: 1e11, maxTotalBytes: 1e11 }
await receiveItems(socket, takeInto(directory, 'alice').take, limits)
process.send?.(process.resourceUsage().maxRSS)
