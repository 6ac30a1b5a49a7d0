/** Argon2 in the Worker. Scripts in Node load the same library through `@phi-ag/argon2/node`. */
import Argon2 from '@phi-ag/argon2'
import wasm from '@phi-ag/argon2/argon2.wasm'

/** One of our own hashes needs 19 MiB; an imported one may have grown the memory to 64 MiB, which never shrinks. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024

interface Loaded {
  argon2: Argon2
  memory: WebAssembly.Memory
}

/**
 * Made at first use and kept for the life of the isolate, unless its memory has grown: the next caller then gets a new
 * one. Safe to share, for a hash is computed in one go and leaves nothing that the next one reads. It is no promise, as
 * a promise that one request began would leave the others waiting when that request is cancelled.
 */
let loaded: Loaded | undefined

/** The instance of this isolate. */
export async function loadArgon2(): Promise<Argon2> {
  if (!loaded || loaded.memory.buffer.byteLength > MAX_KEPT_BYTES) loaded = instantiate()
  return loaded.argon2
}

function instantiate(): Loaded {
  const instance = new WebAssembly.Instance(wasm)
  return { argon2: new Argon2(instance), memory: instance.exports.memory as WebAssembly.Memory }
}
