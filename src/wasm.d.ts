/** A `.wasm` file that is imported is a compiled module: a Worker may not compile one from bytes. */
declare module '*.wasm' {
  const module: WebAssembly.Module
  export default module
}
