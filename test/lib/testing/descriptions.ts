// Small descriptions in every format that contracts are made of.

const id = { name: 'id', in: 'path', required: true, schema: { type: 'integer' } }

export const OPENAPI_30 = {
  openapi: '3.0.3',
  info: { title: 'Servers', version: '2' },
  servers: [{ url: 'https://api-{zone}.example.com/v2', variables: { zone: { default: 'a' } } }],
  paths: {
    '/servers': {
      get: {
        operationId: 'list',
        parameters: [
          { name: 'page', in: 'query', required: true, schema: { type: 'integer', minimum: 1 } },
          { name: 'on', in: 'query', schema: { type: 'boolean' } },
          { name: 'tag', in: 'query', schema: { type: 'array', items: { enum: ['a', 'b'] } } },
          { name: 'ids', in: 'query', explode: false, schema: { type: 'array', items: { type: 'integer' } } },
          { name: 'only', in: 'query', schema: { type: 'boolean', enum: [true] } },
          {
            name: 'filter',
            in: 'query',
            schema: { type: 'object', properties: { zone: { type: 'string' }, rack: { type: 'integer' } } },
          },
          { name: 'where', in: 'query', style: 'deepObject', schema: { type: 'object', properties: { a: {} } } },
          { name: 'Accept', in: 'header', required: true, schema: { type: 'string' } },
          { name: 'X-Mode', in: 'header', schema: { type: 'string', enum: ['fast'] } },
        ],
        responses: {
          200: {
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: { servers: { type: 'array', items: { $ref: '#/components/schemas/Server' } } },
                },
              },
            },
          },
        },
      },
      post: {
        operationId: 'create',
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Server' } } },
        },
        responses: { 201: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Server' } } } } },
      },
    },
    '/servers/{id}': {
      parameters: [id],
      get: {
        operationId: 'get',
        responses: {
          200: {},
          '4XX': { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
        },
      },
      delete: { operationId: 'delete', responses: { 204: {} } },
    },
    '/servers/actions': { get: { operationId: 'actions', responses: { default: {} } } },
    '/disks': {
      put: {
        operationId: 'replace',
        requestBody: {
          content: {
            'application/json': {
              schema: {
                anyOf: [{ required: ['id', 'size'] }],
                allOf: [{ type: 'object', properties: { id: { readOnly: true }, size: {} } }],
              },
            },
            'application/xml': { schema: { $ref: '#/components/schemas/Disk' } },
          },
        },
        responses: { 204: {} },
      },
      post: {
        operationId: 'disk',
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Disk' } } } },
        responses: {
          200: {
            content: {
              'application/json': { schema: { type: 'object', additionalProperties: false, properties: { id: {} } } },
            },
          },
        },
      },
    },
  },
  components: {
    schemas: {
      Error: { type: 'object', required: ['code'], properties: { code: { type: 'string' } } },
      Base: {
        type: 'object',
        required: ['id', 'name'],
        properties: {
          id: { type: 'integer', readOnly: true, description: 'never printed' },
          name: { type: 'string', minLength: 2, maxLength: 5, pattern: '^[a-z]+$' },
          password: { type: 'string', writeOnly: true },
        },
      },
      Server: {
        allOf: [
          { $ref: '#/components/schemas/Base' },
          {
            type: 'object',
            properties: {
              parent: { $ref: '#/components/schemas/Server', nullable: true },
              cpus: { type: 'integer', minimum: 0, exclusiveMinimum: true, maximum: 8 },
              labels: { type: 'object', additionalProperties: { type: 'string' } },
              addresses: { type: 'array', minItems: 1, items: { type: 'string', format: 'ipv4' } },
              created: { type: 'string', format: 'date-time' },
              network: { type: 'string', format: 'cidr' },
              key: { type: 'string', format: 'uuid' },
              mode: { type: 'string', enum: ['slow', 'fast'], nullable: true },
              free: { type: 'object' },
              mail: { type: 'string', format: 'email' },
              owner: { $ref: '#/components/schemas/Owner' },
              former: { allOf: [{ $ref: '#/components/schemas/Owner' }, { type: 'object', maxProperties: 3 }] },
              next: { $ref: '#/components/schemas/Empty', readOnly: true },
            },
          },
        ],
      },
      Disk: {
        oneOf: [{ $ref: '#/components/schemas/Empty' }, { $ref: '#/components/schemas/Copy' }],
        not: { required: ['forbidden'], properties: { forbidden: {} } },
      },
      Owner: { type: 'object', readOnly: true, properties: { id: {} } },
      Empty: { type: 'object', required: ['size'], properties: { size: { type: 'integer' } } },
      Copy: { type: 'object', required: ['from'], properties: { from: { type: 'string' }, kind: { type: 'string' } } },
    },
  },
}

export const OPENAPI_31 = {
  openapi: '3.1.0',
  info: { version: '1' },
  servers: [{ url: '/api/v1' }],
  paths: {
    '/zones/{zone}': {
      patch: {
        operationId: 'patch',
        parameters: [{ name: 'zone', in: 'path', required: true, schema: { type: 'string' } }],
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Change' } } } },
        responses: { 204: { description: 'changed' } },
      },
    },
  },
  components: {
    schemas: {
      Change: {
        oneOf: [{ $ref: '#/components/schemas/Replace' }, { $ref: '#/components/schemas/Delete' }],
        discriminator: {
          propertyName: 'type',
          mapping: { REPLACE: '#/components/schemas/Replace', DELETE: '#/components/schemas/Delete' },
        },
      },
      Replace: {
        type: 'object',
        required: ['type', 'ttl'],
        properties: { type: { type: 'string' }, ttl: { type: ['integer', 'null'], exclusiveMinimum: 0 } },
      },
      Delete: { type: 'object', required: ['type'], properties: { type: { type: 'string' }, force: { const: true } } },
    },
  },
}

export const SWAGGER_2 = {
  swagger: '2.0',
  info: { version: '1.56' },
  basePath: '/v1.56',
  consumes: ['application/json'],
  produces: ['application/json'],
  paths: {
    '/containers/create': {
      post: {
        operationId: 'create',
        parameters: [
          { name: 'name', in: 'query', type: 'string', pattern: '^/?[a-z]+$' },
          { name: 'flags', in: 'query', type: 'array', items: { type: 'integer' }, collectionFormat: 'multi' },
          {
            name: 'names',
            in: 'query',
            type: 'array',
            items: { type: 'string', enum: ['a', 'b'] },
            collectionFormat: 'pipes',
          },
          { name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/Config' } },
        ],
        responses: { 201: { schema: { $ref: '#/definitions/Created' } } },
      },
    },
    '/build': {
      post: {
        operationId: 'build',
        consumes: ['application/octet-stream'],
        parameters: [{ name: 'input', in: 'body', schema: { type: 'string', format: 'binary' } }],
        responses: { 200: {} },
      },
    },
    '/login': {
      post: {
        operationId: 'login',
        consumes: ['application/x-www-form-urlencoded'],
        parameters: [{ name: 'ttl', in: 'formData', type: 'integer', required: true }],
        responses: { 200: {} },
      },
    },
  },
  definitions: {
    Config: {
      type: 'object',
      properties: {
        Image: { type: 'string' },
        Env: { type: 'array', items: { type: 'string' } },
        Size: { type: 'integer', 'x-nullable': true },
      },
    },
    Created: { type: 'object', required: ['Id'], properties: { Id: { type: 'string' } } },
  },
}

export const DISCOVERY = {
  discoveryVersion: 'v1',
  name: 'storage',
  version: 'v1',
  revision: '20240101',
  servicePath: 'storage/v1/',
  parameters: {
    alt: { type: 'string', enum: ['json'], location: 'query' },
    uploadType: { type: 'string', location: 'query' },
  },
  schemas: {
    Bucket: {
      id: 'Bucket',
      type: 'object',
      properties: {
        name: { type: 'string', annotations: { required: ['storage.buckets.insert'] }, pattern: '[a-z]+' },
        size: { type: 'string', format: 'uint64' },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
  },
  resources: {
    buckets: {
      methods: {
        insert: {
          id: 'storage.buckets.insert',
          httpMethod: 'POST',
          path: 'b',
          parameters: { project: { type: 'string', required: true, location: 'query' } },
          request: { $ref: 'Bucket' },
          response: { $ref: 'Bucket' },
        },
        patch: {
          id: 'storage.buckets.patch',
          httpMethod: 'PATCH',
          path: 'b/{+name}',
          parameters: {
            name: { type: 'string', required: true, location: 'path' },
            fields: { type: 'string', repeated: true, location: 'query' },
          },
          request: { $ref: 'Bucket' },
          response: { $ref: 'Bucket' },
        },
      },
      resources: {
        objects: {
          methods: {
            get: {
              id: 'storage.objects.get',
              httpMethod: 'GET',
              path: 'o',
              parameters: {},
              response: { $ref: 'Bucket' },
              supportsMediaDownload: true,
            },
            insert: {
              id: 'storage.objects.insert',
              httpMethod: 'POST',
              path: 'o',
              parameters: {},
              request: { $ref: 'Bucket' },
              response: { $ref: 'Bucket' },
              mediaUpload: { protocols: { simple: { multipart: true, path: '/upload/storage/v1/o' } } },
            },
          },
        },
      },
    },
  },
}

const ec2Instances = {
  type: 'structure',
  members: { Instances: { shape: 'InstanceList', locationName: 'instancesSet' } },
}
export const BOTOCORE_EC2 = {
  metadata: { protocol: 'ec2', apiVersion: '2016-11-15', endpointPrefix: 'ec2', uid: 'ec2-2016-11-15' },
  operations: {
    DescribeInstances: {
      http: { method: 'POST', requestUri: '/' },
      input: { shape: 'DescribeRequest' },
      output: { shape: 'DescribeResult' },
    },
    DescribeRegions: { http: { method: 'POST', requestUri: '/' } },
  },
  shapes: {
    DescribeRequest: {
      type: 'structure',
      required: ['InstanceIds'],
      members: {
        Filters: { shape: 'FilterList', locationName: 'Filter' },
        InstanceIds: { shape: 'IdList', locationName: 'instanceId' },
        DryRun: { shape: 'Boolean', locationName: 'dryRun' },
        Token: { shape: 'String', locationName: 'token', queryName: 'NextOne' },
      },
    },
    FilterList: { type: 'list', member: { shape: 'Filter', locationName: 'Filter' } },
    Filter: {
      type: 'structure',
      members: { Name: { shape: 'String' }, Values: { shape: 'IdList', locationName: 'Value' } },
    },
    IdList: { type: 'list', member: { shape: 'String', locationName: 'item' } },
    DescribeResult: ec2Instances,
    InstanceList: { type: 'list', member: { shape: 'Instance', locationName: 'item' } },
    Instance: {
      type: 'structure',
      members: {
        State: { shape: 'State', locationName: 'instanceState' },
        Cores: { shape: 'Integer', locationName: 'coreCount' },
        Launched: { shape: 'Date', locationName: 'launchTime' },
      },
    },
    State: { type: 'string', enum: ['running', 'stopped'] },
    String: { type: 'string' },
    Boolean: { type: 'boolean' },
    Integer: { type: 'integer' },
    Date: { type: 'timestamp' },
  },
}

export const BOTOCORE_QUERY = {
  metadata: {
    protocol: 'query',
    apiVersion: '2012-06-01',
    endpointPrefix: 'elasticloadbalancing',
    uid: 'elb-2012-06-01',
  },
  operations: {
    DescribeLoadBalancers: {
      http: { method: 'POST', requestUri: '/' },
      input: { shape: 'Input' },
      output: { shape: 'Output', resultWrapper: 'DescribeLoadBalancersResult' },
    },
  },
  shapes: {
    Input: {
      type: 'structure',
      members: { Names: { shape: 'Names' }, Attributes: { shape: 'Map' }, Flat: { shape: 'Flat' } },
    },
    Names: { type: 'list', member: { shape: 'String' } },
    Flat: { type: 'list', flattened: true, member: { shape: 'String', locationName: 'Item' } },
    Map: { type: 'map', key: { shape: 'String' }, value: { shape: 'Integer' } },
    Output: {
      type: 'structure',
      required: ['Count'],
      members: { Names: { shape: 'Names' }, Summary: { shape: 'Map' }, Count: { shape: 'Integer' } },
    },
    String: { type: 'string', min: 1 },
    Integer: { type: 'integer' },
  },
}

export const BOTOCORE_S3 = {
  metadata: { protocol: 'rest-xml', apiVersion: '2006-03-01', endpointPrefix: 's3', uid: 's3-2006-03-01' },
  operations: {
    ListObjects: {
      http: { method: 'GET', requestUri: '/{Bucket}' },
      input: { shape: 'List' },
      output: { shape: 'Listing' },
    },
    GetBucketAcl: {
      http: { method: 'GET', requestUri: '/{Bucket}?acl' },
      input: { shape: 'Bucket' },
      output: { shape: 'Acl' },
    },
    PutObject: { http: { method: 'PUT', requestUri: '/{Bucket}/{Key+}' }, input: { shape: 'Put' } },
    UploadPart: { http: { method: 'PUT', requestUri: '/{Bucket}/{Key+}' }, input: { shape: 'Part' } },
    DeleteObjects: { http: { method: 'POST', requestUri: '/{Bucket}?delete' }, input: { shape: 'DeleteRequest' } },
  },
  shapes: {
    Bucket: {
      type: 'structure',
      required: ['Bucket'],
      members: { Bucket: { shape: 'String', location: 'uri', locationName: 'Bucket' } },
    },
    List: {
      type: 'structure',
      required: ['Bucket'],
      members: {
        Bucket: { shape: 'String', location: 'uri', locationName: 'Bucket' },
        MaxKeys: { shape: 'Integer', location: 'querystring', locationName: 'max-keys' },
      },
    },
    Listing: {
      type: 'structure',
      members: { Contents: { shape: 'Objects' }, Truncated: { shape: 'Boolean', locationName: 'IsTruncated' } },
    },
    Objects: { type: 'list', flattened: true, member: { shape: 'Object' } },
    Object: { type: 'structure', required: ['Key'], members: { Key: { shape: 'String' }, Size: { shape: 'Integer' } } },
    Acl: { type: 'structure', members: { Grants: { shape: 'Grants', locationName: 'AccessControlList' } } },
    Grants: { type: 'list', member: { shape: 'Grantee', locationName: 'Grant' } },
    Grantee: {
      type: 'structure',
      members: { Type: { shape: 'Type', locationName: 'xsi:type', xmlAttribute: true }, ID: { shape: 'String' } },
    },
    Type: { type: 'string', enum: ['Group', 'CanonicalUser'] },
    Put: {
      type: 'structure',
      required: ['Bucket', 'Key'],
      members: {
        Bucket: { shape: 'String', location: 'uri', locationName: 'Bucket' },
        Key: { shape: 'String', location: 'uri', locationName: 'Key' },
        Class: { shape: 'Class', location: 'header', locationName: 'x-amz-storage-class' },
        Body: { shape: 'Blob' },
      },
      payload: 'Body',
    },
    Part: {
      type: 'structure',
      required: ['Bucket', 'Key', 'PartNumber'],
      members: {
        Bucket: { shape: 'String', location: 'uri', locationName: 'Bucket' },
        Key: { shape: 'String', location: 'uri', locationName: 'Key' },
        PartNumber: { shape: 'Integer', location: 'querystring', locationName: 'partNumber' },
        Body: { shape: 'Blob' },
      },
      payload: 'Body',
    },
    DeleteRequest: {
      type: 'structure',
      required: ['Bucket', 'Delete'],
      members: {
        Bucket: { shape: 'String', location: 'uri', locationName: 'Bucket' },
        Delete: { shape: 'Delete', locationName: 'Delete' },
      },
      payload: 'Delete',
    },
    Delete: {
      type: 'structure',
      required: ['Objects'],
      members: { Objects: { shape: 'Objects', locationName: 'Object' }, Quiet: { shape: 'Boolean' } },
    },
    Class: { type: 'string', enum: ['STANDARD', 'GLACIER'] },
    String: { type: 'string' },
    Integer: { type: 'integer' },
    Boolean: { type: 'boolean' },
    Blob: { type: 'blob' },
  },
}

export const BOTOCORE_ROUTE53 = {
  metadata: { protocol: 'rest-xml', apiVersion: '2013-04-01', endpointPrefix: 'route53', uid: 'route53-2013-04-01' },
  operations: {
    Change: {
      http: { method: 'POST', requestUri: '/2013-04-01/hostedzone/{Id}/rrset/' },
      input: { shape: 'ChangeRequest', locationName: 'ChangeRequest' },
      output: { shape: 'ChangeResponse' },
    },
  },
  shapes: {
    ChangeRequest: {
      type: 'structure',
      required: ['Id', 'Changes'],
      members: { Id: { shape: 'Id', location: 'uri', locationName: 'Id' }, Changes: { shape: 'Changes' } },
    },
    Changes: { type: 'list', min: 1, member: { shape: 'Change', locationName: 'Change' } },
    Change: {
      type: 'structure',
      required: ['Action'],
      members: { Action: { shape: 'Action' }, TTL: { shape: 'TTL' } },
    },
    Action: { type: 'string', enum: ['CREATE', 'DELETE'] },
    TTL: { type: 'long', min: 0, max: 100 },
    Id: { type: 'string', max: 4 },
    ChangeResponse: { type: 'structure', required: ['Status'], members: { Status: { shape: 'Status' } } },
    Status: { type: 'string', enum: ['PENDING', 'INSYNC'] },
  },
}

const version = { name: 'api-version', in: 'query', required: true, type: 'string' }
/** Azure's: files that refer to each other. */
export const AZURE = {
  'compute/stable/compute.json': {
    swagger: '2.0',
    info: { version: '2019-07-01' },
    host: 'management.example.com',
    paths: {
      '/subscriptions/{subscriptionId}/machines/{name}': {
        put: {
          operationId: 'Machines_Put',
          parameters: [
            { name: 'subscriptionId', in: 'path', required: true, type: 'string' },
            { name: 'name', in: 'path', required: true, type: 'string' },
            { name: 'parameters', in: 'body', required: true, schema: { $ref: '#/definitions/Machine' } },
            { $ref: '../../common/types.json#/parameters/ApiVersion' },
          ],
          responses: { 200: { schema: { $ref: '#/definitions/Machine' } }, default: { schema: {} } },
        },
      },
      '/{scope}/locks': {
        get: {
          operationId: 'Locks_List',
          parameters: [
            { name: 'scope', in: 'path', required: true, type: 'string', 'x-ms-skip-url-encoding': true },
            version,
          ],
          responses: { 200: {} },
        },
      },
    },
    definitions: {
      Machine: {
        properties: { properties: { 'x-ms-client-flatten': true, $ref: '#/definitions/MachineProperties' } },
        allOf: [{ $ref: '../../common/types.json#/definitions/Resource' }],
      },
      MachineProperties: {
        properties: {
          id: { type: 'string', readOnly: true },
          size: { type: 'string', enum: ['S', 'M'], 'x-ms-enum': { name: 'Size', modelAsString: true } },
        },
      },
    },
  },
  'common/types.json': {
    parameters: { ApiVersion: version },
    definitions: {
      Resource: {
        required: ['location'],
        properties: { id: { readOnly: true, type: 'string' }, location: { type: 'string' } },
        'x-ms-azure-resource': true,
      },
    },
  },
}

/** Many files of YAML, with references at any place. */
export const MANY_FILES = {
  'api.yml':
    'openapi: "3.0.0"\nservers: [{ url: "https://api.example.com" }]\npaths:\n  /v2/keys:\n    post: { $ref: "resources/keys/create.yml" }\n',
  'resources/keys/create.yml':
    'operationId: keys_create\nrequestBody:\n  content:\n    application/json:\n      schema: { $ref: "models/key.yml" }\nresponses:\n  "201": { $ref: "responses.yml#/created" }\n',
  'resources/keys/models/key.yml':
    'type: object\nrequired: [name]\nproperties:\n  name: { type: string }\n  region: { $ref: "../../../shared/attributes.yml#/region" }\n',
  'resources/keys/responses.yml':
    'created:\n  content:\n    application/json:\n      schema:\n        properties:\n          key: { $ref: "models/key.yml" }\n',
  'shared/attributes.yml': 'region:\n  type: string\n  enum: [nyc, ams]\n',
}
