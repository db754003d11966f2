import type { DriverMeta } from '../../lib/meta.js'

export const s3: DriverMeta = {
  api: 'storage',
  constant: 'S3',
  class: 'S3StorageDriver',
  file: 's3',
  apiVersion: '2006-03-01',
  transport: 'http',
  idempotency: 'none',
  family: { base: 'S3FamilyStorageDriver', options: 'S3Options' },
  exempt: {
    'downloadObject:fixture': 'it writes a file: tested with files, and on a real server',
    'getObjectSignedUrl:fixture': 'it asks nothing of the service: tested by itself, and on a real server',
    'uploadObjectViaStream:options reach every request':
      'an upload in parts that is aborted asks the service to forget them: tested by itself',
    'ex_copyObject:options reach every request':
      'a copy in parts that is aborted asks the service to forget them: tested by itself',
    'ex_deleteObjects:repeatable': 'what is deleted stays deleted however often it is asked',
  },
}
