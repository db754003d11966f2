// What EC2 answers to DescribeInstances: 1,000 instances, as they come from a VPC.

const instance = (id: number): string => `
        <item>
          <instanceId>i-${id.toString(16).padStart(17, '0')}</instanceId>
          <imageId>ami-0abcdef1234567890</imageId>
          <instanceState><code>16</code><name>running</name></instanceState>
          <privateDnsName>ip-10-0-${id >> 8}-${id & 255}.ec2.internal</privateDnsName>
          <dnsName>ec2-54-194-${id >> 8}-${id & 255}.compute-1.amazonaws.com</dnsName>
          <reason/>
          <keyName>my_keypair</keyName>
          <amiLaunchIndex>0</amiLaunchIndex>
          <productCodes/>
          <instanceType>t3.micro</instanceType>
          <launchTime>2024-05-08T16:46:19.000Z</launchTime>
          <placement><availabilityZone>us-east-1a</availabilityZone><groupName/><tenancy>default</tenancy></placement>
          <monitoring><state>disabled</state></monitoring>
          <subnetId>subnet-9d4a7b6c</subnetId>
          <vpcId>vpc-a01106c2</vpcId>
          <privateIpAddress>10.0.${id >> 8}.${id & 255}</privateIpAddress>
          <ipAddress>54.194.${id >> 8}.${id & 255}</ipAddress>
          <sourceDestCheck>true</sourceDestCheck>
          <groupSet><item><groupId>sg-903004f8</groupId><groupName>web</groupName></item></groupSet>
          <architecture>x86_64</architecture>
          <rootDeviceType>ebs</rootDeviceType>
          <rootDeviceName>/dev/xvda</rootDeviceName>
          <blockDeviceMapping>
            <item>
              <deviceName>/dev/xvda</deviceName>
              <ebs>
                <volumeId>vol-${id.toString(16).padStart(17, '0')}</volumeId>
                <status>attached</status>
                <attachTime>2024-05-08T16:46:20.000Z</attachTime>
                <deleteOnTermination>true</deleteOnTermination>
              </ebs>
            </item>
          </blockDeviceMapping>
          <virtualizationType>hvm</virtualizationType>
          <clientToken>0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9</clientToken>
          <tagSet>
            <item><key>Name</key><value>web-${id}.example.com</value></item>
            <item><key>stage</key><value>production</value></item>
            <item><key>owner</key><value>the team of the shop</value></item>
          </tagSet>
          <hypervisor>xen</hypervisor>
          <networkInterfaceSet>
            <item>
              <networkInterfaceId>eni-${id.toString(16).padStart(17, '0')}</networkInterfaceId>
              <subnetId>subnet-9d4a7b6c</subnetId>
              <vpcId>vpc-a01106c2</vpcId>
              <description/>
              <ownerId>123456789012</ownerId>
              <status>in-use</status>
              <macAddress>02:dd:2c:5e:01:69</macAddress>
              <privateIpAddress>10.0.${id >> 8}.${id & 255}</privateIpAddress>
              <privateDnsName>ip-10-0-${id >> 8}-${id & 255}.ec2.internal</privateDnsName>
              <sourceDestCheck>true</sourceDestCheck>
              <groupSet><item><groupId>sg-903004f8</groupId><groupName>web</groupName></item></groupSet>
              <attachment>
                <attachmentId>eni-attach-39697adc</attachmentId>
                <deviceIndex>0</deviceIndex>
                <networkCardIndex>0</networkCardIndex>
                <status>attached</status>
                <attachTime>2024-05-08T16:46:19.000Z</attachTime>
                <deleteOnTermination>true</deleteOnTermination>
              </attachment>
              <association>
                <publicIp>54.194.${id >> 8}.${id & 255}</publicIp>
                <publicDnsName>ec2-54-194-${id >> 8}-${id & 255}.compute-1.amazonaws.com</publicDnsName>
                <ipOwnerId>amazon</ipOwnerId>
              </association>
              <privateIpAddressesSet>
                <item>
                  <privateIpAddress>10.0.${id >> 8}.${id & 255}</privateIpAddress>
                  <privateDnsName>ip-10-0-${id >> 8}-${id & 255}.ec2.internal</privateDnsName>
                  <primary>true</primary>
                </item>
              </privateIpAddressesSet>
              <ipv6AddressesSet/>
              <interfaceType>interface</interfaceType>
            </item>
          </networkInterfaceSet>
          <ebsOptimized>false</ebsOptimized>
          <enaSupport>true</enaSupport>
          <cpuOptions><coreCount>1</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions>
          <metadataOptions>
            <state>applied</state>
            <httpTokens>required</httpTokens>
            <httpPutResponseHopLimit>2</httpPutResponseHopLimit>
            <httpEndpoint>enabled</httpEndpoint>
          </metadataOptions>
          <platformDetails>Linux/UNIX</platformDetails>
        </item>`

const reservation = (id: number): string => `
    <item>
      <reservationId>r-${id.toString(16).padStart(17, '0')}</reservationId>
      <ownerId>123456789012</ownerId>
      <groupSet/>
      <instancesSet>${instance(id)}
      </instancesSet>
    </item>`

/** A reply with a thousand instances, each in a reservation of its own. */
export const INSTANCES: Buffer = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <requestId>8f7724cf-496f-496e-8fe3-example</requestId>
  <reservationSet>${Array.from({ length: 1000 }, (_, at) => reservation(at + 1)).join('')}
  </reservationSet>
</DescribeInstancesResponse>`)
