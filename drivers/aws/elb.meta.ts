import type { DriverMeta } from '../../lib/meta.js'

const UNDONE = 'what was begun is undone, which is one more request'

/** Methods whose request may be sent twice, although it is a POST. */
const again = (...methods: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    methods.map(method => [`${method}:repeatable`, 'it says what is to be in the end: twice is no more than once']),
  )

export const elb: DriverMeta = {
  api: 'loadbalancer',
  constant: 'ELB',
  class: 'ElasticLBDriver',
  file: 'elb',
  apiVersion: '2012-06-01',
  transport: 'http',
  idempotency: 'none',
  exempt: {
    'listProtocols:fixture': 'nothing is asked: the protocols stand in the documentation only',
    'balancerListMembers:pages': 'the service tells the health of all instances at once',
    'destroyBalancer:missing': 'the service takes it for done when there is no such balancer',
    'createBalancer:options reach every request': UNDONE,
    'updateBalancer:options reach every request': UNDONE,
    ...again(
      'destroyBalancer',
      'balancerAttachMember',
      'balancerDetachMember',
      'ex_createBalancerListeners',
      'ex_deleteBalancerListeners',
      'ex_setListenerCertificate',
      'ex_deleteBalancerPolicy',
      'ex_setBalancerPoliciesBackendServer',
      'ex_setBalancerPoliciesListener',
      'ex_configureHealthCheck',
      'ex_modifyAttributes',
      'ex_addTags',
      'ex_removeTags',
      'ex_setSecurityGroups',
      'ex_attachSubnets',
      'ex_detachSubnets',
      'ex_enableZones',
      'ex_disableZones',
    ),
  },
}

export const alb: DriverMeta = {
  api: 'loadbalancer',
  constant: 'ALB',
  class: 'ApplicationLBDriver',
  file: 'alb',
  apiVersion: '2015-12-01',
  transport: 'http',
  idempotency: 'none',
  exempt: {
    'listProtocols:fixture': 'nothing is asked: the protocols stand in the documentation only',
    'balancerListMembers:pages': 'each target group is asked for its targets',
    'createBalancer:options reach every request': UNDONE,
    ...again(
      'createBalancer',
      'balancerDetachMember',
      'ex_createListener',
      'ex_modifyListener',
      'ex_deleteListener',
      'ex_addListenerCertificates',
      'ex_removeListenerCertificates',
      'ex_modifyRule',
      'ex_setRulePriorities',
      'ex_deleteListenerRule',
      'ex_createTargetGroup',
      'ex_modifyTargetGroup',
      'ex_deleteTargetGroup',
      'ex_registerTargets',
      'ex_deregisterTargets',
      'ex_modifyTargetGroupAttributes',
      'ex_modifyAttributes',
      'ex_addTags',
      'ex_removeTags',
      'ex_setSecurityGroups',
      'ex_setSubnets',
      'ex_setIpAddressType',
    ),
  },
}
