/**
 * Of undici what a link to a KDC needs: the whole takes three times as long to load, with its fetch, WebSocket, mocks and caches.
 *
 * @module
 */
import type { Plugin } from 'esbuild'
import { ROOT } from './paths.ts'

// As undici's own index.js puts them together.
export const UNDICI = `
import api from 'undici/lib/api/index.js'
import buildConnector from 'undici/lib/core/connect.js'
import Agent from 'undici/lib/dispatcher/agent.js'
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js'
Object.assign(Dispatcher.prototype, api)
export default { Agent, buildConnector }
`

/** HTTP/2, which we do not speak: Node's half of it takes a while to load, too. */
export const NO_HTTP2: Plugin = {
  name: 'no HTTP/2',
  setup({ onLoad }) {
    onLoad({ filter: /undici[\\/]lib[\\/]dispatcher[\\/]client-h2\.js$/ }, () => ({ contents: '' }))
  },
}

/** Puts it in the place of undici. */
export const undiciParts: Plugin = {
  name: 'undici parts',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'parts' }))
    onLoad({ filter: /^undici$/, namespace: 'parts' }, () => ({ contents: UNDICI, resolveDir: ROOT }))
  },
}
