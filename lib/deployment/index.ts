export { HostKeyError, ScriptError, type ScriptErrorDetails } from './errors.js'
export { shellJoin, shellQuote } from './quote.js'
export { type ConnectOptions, connectSsh, SSH2Client } from './ssh.js'
export {
  FileDeployment,
  MultiStepDeployment,
  ScriptDeployment,
  ScriptFileDeployment,
  type ScriptOptions,
  SSHKeyDeployment,
  type TextSource,
} from './steps.js'
export type * from './types.js'
