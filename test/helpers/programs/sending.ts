/** A child process of kills.test.ts, to be killed, and of send-large.ts: `sending.ts PORT PATH…` sends these to that port. */
import { connect } from 'node:net'
import { sourceOf } from '../../../src/files/outgoing-tree.ts'
import { sendItems } from '../../../src/lib/transfer/index.ts'

const [, , port, ...paths] = process.argv
const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
const sources = await Promise.all(paths.map((path) => sourceOf(path, { skipped() {} })))
await sendItems(socket, sources)
process.send?.(process.resourceUsage().maxRSS)
