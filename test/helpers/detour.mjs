/**
 * Loaded before a tool (`node --import`): its connections to one port of this machine come to another one, as where something in between
 * redirects them. The tool, and who it calls, know nothing of it.
 *
 * JavaScript, because the tools that the runner has made run without what loads TypeScript.
 *
 * @module
 */
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

const [from, to] = (process.env.SYMBOLON_TEST_DETOUR ?? '').split(' ').map(Number)

net.connect = new Proxy(net.connect, {
  apply: (connect, self, [options, ...rest]) =>
    Reflect.apply(connect, self, [options.port === from ? { ...options, port: to } : options, ...rest]),
})
syncBuiltinESMExports()
