export { createInProcessRuntime, type Handlers, type InProcessRuntimeOptions } from './in-process.ts'
export { createIsolatedRuntime, type IsolatedRuntimeOptions } from './isolated.ts'
export type { Answer, MockResponse, Network } from './network.ts'
export { findNode, type NodeProgram, runtimeOf } from './node-program.ts'
export { sandboxText } from './sandbox.ts'
export type {
  Command,
  Handler,
  LogLine,
  RunError,
  RunnableAction,
  RunRequest,
  RunResult,
  Runtime,
} from './types.ts'
