export {
  type CloudInitOptions,
  type CloudInitStage,
  type CloudInitState,
  type CloudInitStatus,
  waitForCloudInit,
} from './cloud-init.js'
export { HostKeyError, ScriptError, type ScriptErrorDetails } from './errors.js'
export {
  type CleanOptions,
  connectNode,
  type ExecuteOptions,
  type ExecuteResult,
  type NodeLogin,
  type ReadyOptions,
  RemoteInstance,
  type RestartOptions,
} from './instance.js'
export { shellJoin, shellQuote } from './quote.js'
export { RebootDeployment, type RebootOptions } from './reboot.js'
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
export {
  buildUserData,
  UserData,
  type UserDataOptions,
  type UserDataPart,
  type UserDataSource,
  type UserDataType,
} from './user-data.js'
