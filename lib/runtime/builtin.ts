import type crypto from 'node:crypto'
import type module from 'node:module'
import type net from 'node:net'

interface Builtins {
  'node:crypto': typeof crypto
  'node:module': typeof module
  'node:net': typeof net
}

/** One of Node's own modules, loaded when it is needed: most runs need none, and each takes some milliseconds. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  // The child process may run on a Node that is older than the function; there `require` is the loader's.
  return (process.getBuiltinModule?.(name) ?? require(name)) as Builtins[Name]
}
