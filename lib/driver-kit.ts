// The entry point 'libcloud/driver': what a driver is made of, for those who write one.
export { type CredentialSource, optionsOf } from './credentials.js'
export { type ApiDescription, BaseDriver, connect } from './driver.js'
export * from './errors.js'
export type { BodySource } from './http/body.js'
export { Connection, type ConnectionSettings } from './http/connection.js'
export type { ErrorTable, ProviderProblem } from './http/errors.js'
export {
  type BodyReader,
  idempotencyToken,
  type OutgoingRequest,
  type Refusal,
  type Reply,
  type ReplyHead,
  type RequestSpec,
  readBytes,
  readJson,
  readNothing,
  readText,
} from './http/message.js'
export type { Upgraded, UpgradeSpec } from './http/upgrade.js'
export { path, type QueryValues, queryString, slashed } from './http/url.js'
export { openWebSocket, WebSocketChannel, type WebSocketMessage } from './http/websocket.js'
export { type DriverMeta, type FamilyMember, type FamilyMeta, memberOf, type VendorMeta } from './meta.js'
export type { CallOptions, DriverOptions, Pacing } from './options.js'
export { type Owned, owned } from './owned.js'
export { onePage, type Pager, pager } from './pager.js'
export { type Look, poll, type WaitOptions } from './poller.js'
export { type NamedRef, type Ref, Resource } from './resource.js'
export { guessContentType, reported, uploadSource, verifyHash } from './storage/transfer.js'
