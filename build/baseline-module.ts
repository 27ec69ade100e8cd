/**
 * What undici's parser of HTTP is made with in the bundle: a WebAssembly module that V8 does not optimize. It would begin with the first
 * answer, work for a tenth of a second on another processor, and have each short command wait for that before it ends.
 *
 * @module
 */
import { setFlagsFromString } from 'node:v8'

/** V8's own, from Node 22 on, which other modules have again; before it, the module stays as it is. */
const USUAL = 13_000_000
const FIRST_NODE = 22
/** Bytes that a function runs through before it is optimized, about. */
const NEVER = 2_000_000_000

declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object }
// By another name: esbuild puts this function in the place of `WebAssembly.Module`, here as well.
const { Module } = WebAssembly

export function BaselineModule(bytes: Uint8Array): object {
  if (Number.parseInt(process.versions.node, 10) < FIRST_NODE) return new Module(bytes)
  // A module takes the budget that there is when it is made.
  setFlagsFromString(`--wasm-tiering-budget=${NEVER}`)
  try {
    return new Module(bytes)
  } finally {
    setFlagsFromString(`--wasm-tiering-budget=${USUAL}`)
  }
}
