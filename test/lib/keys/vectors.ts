/** Keys that `ssh-keygen` made, with the fingerprints that it and `openssl` print for them. Their private halves are gone. */
export const VECTORS: readonly { line: string; md5: string; sha256: string; spki?: string }[] = [
  {
    line: 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCepZVhxLt7V/cB9eZYyPd8C8QTH4/jAG7LWLzZzWBMCE5T4XgmwlZwNu808lrDts4KoMZdreNUslsqxe2axK3y/HmVCj8N7pvjrKYYSuulB1h78SBoMYigZdHPZ+veCG8jDE2IcyQZbg+3OOEaMm9N7niD6fcW5yk0jEFCpBM52WTTcrbm5Pjk1ynRKw50PiAmsKPfjGKPCIzvawpnIh5T+Fh1iLrBlnaCK+8XD0xIXhpI0mTCxEU6+oEiKBID3DnDU0X0c3eX315egOAMzM7RRG5jz8eytCn2J9RxyTf86243qg5kMupfDxOCmEojBFKRDdlplgQY3ICP8oELj1jd user@host rsa-2048',
    md5: 'a8:f3:8e:0b:24:8e:94:c8:fe:25:04:c4:bf:a8:dd:44',
    sha256: 'SHA256:rfidXKjrBqpzNjh/kpyo5Yr99M8ByPHYINsU3vX1mdU',
    spki: '8b:44:d8:68:fe:b0:2a:d1:9e:37:5b:fa:74:23:e9:fa',
  },
  {
    line: 'ssh-dss AAAAB3NzaC1kc3MAAACBAOmw0KLYFfeV2/3M3+aySjskEWE4ThBPo4aZqoph03fXslWN+k/PDYs6OoK6nOWfwvYEMKIRVnlRrWNMC6647uxRiCNxczTybKsGK9BVpEp8bYrgkr1s6TNaH7WSYIZ9FBqfO3pA/C92ecRptS2xDwXLFlRRBlA38XnKXtljd7rfAAAAFQCPWy/9a+6vKGD62281Jbrqs4L8fwAAAIBRorpnlul679bo510p/I6MtHalsHAH5WYHD1vFWEQsVBCRaSq6CTEksYVZhK4zaAzVOl71ZexU1gTCfxiD37QTcLtNAOkSiAccWlp/JebPjTrBXijxX7sQ7W9/fSLWP6NqWkKVlWBwxB0Q0AYra30Rz51vgquTV0RUCQ2C4CFNPwAAAH9CxQAEczbAQlex9RWRTsEdu/niQbYnQGXmG1gASto+r54BWEmk58C/2CXhFF4T+86ovF98SZNll9xsCzA4fNm4nAhwUZUvKGePaw/piI9rLLYLPRo5jXGisuUS5DVmnkuxVqXTlsFbTonEsOxFWERfjNMX5zWimcJ/EbdYcyTM user@host dsa-1024',
    md5: 'fd:5c:89:5c:48:f2:94:6a:78:66:2a:f1:b8:8c:c0:40',
    sha256: 'SHA256:kXW5kBtq/5q/nNNTHWBK+L4PuKJrdWLOSkuM8HMBxP8',
    spki: 'd7:10:a4:1c:15:51:25:db:f9:dc:7f:1e:7f:50:91:e0',
  },
  {
    line: 'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAIi+mwNUg6oB5nENsMAeOkib+OEo06JadM1lR/hEaatP5qblIQ+4eBIgLZ3Uic/5A7zaE4hGe6GptEQeodeP3w= user@host ecdsa-256',
    md5: 'd2:dc:ef:77:16:db:0c:01:27:3e:04:38:b0:1c:71:c8',
    sha256: 'SHA256:IefZp/uTEKUTDZkN5hngFZ16Y3vqEKW/+ABd4NXOMlU',
    spki: '1a:7c:91:9c:12:e8:3e:03:c6:c6:b2:04:45:66:98:12',
  },
  {
    line: 'ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBD2HQNF3ak7J89PB7X16vEYJid+a0xln/t00PiRKdS1dG6Tprtsnc8ZSGv2TRq0ciqISHPEWhP42AFP/l/fZCUxen6Ok8grzUJhY0LxVFCFHr+tzM94hlW5pKHs7Gg/aPg== user@host ecdsa-384',
    md5: 'c9:17:09:fe:5e:04:a9:94:22:7b:71:54:ed:34:45:00',
    sha256: 'SHA256:zFjAiaAsWx/AKRiyhw0o+re0E60v75rM/07joQnmqjI',
    spki: 'b5:ed:27:dd:7d:9d:6f:0c:d9:1d:50:8e:18:78:09:78',
  },
  {
    line: 'ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBABx6vEm2pHRKlfELcsMin5Nm0vZFg87ioOJR0eidvKAIb1lsivBbM59JBfWh/zNX8AOCvTOFP78KSEtRHrrHWmiVQHjKdgjJzuICCgUSExeAp72R2f0fnPUGTZmTrObqyuISDYo7rP366M4fhqlNZ+sW2ygq2XX7v7m6H4jqDX/6P/pcA== user@host ecdsa-521',
    md5: 'aa:65:89:40:65:62:b6:59:39:b8:31:86:29:e2:1d:5c',
    sha256: 'SHA256:HGeBZDcJfBzzbzPeTshJFJiMKc9lKozDeVtcsJvTAms',
    spki: 'd5:39:e2:b9:c6:0b:83:6c:8c:03:97:f6:32:c9:5d:dc',
  },
  {
    line: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAd2JXfXb9QWSyPQnxyyLnt3kfqlrZ3kYzULuYeRZRsm user@host ed25519-256',
    md5: '53:13:56:39:d5:44:19:92:21:ea:11:1b:0c:84:fb:89',
    sha256: 'SHA256:V5OPm4f0s1Vqfxjoqb/l1aDYp6QThk0ByOYuq0eGNek',
    spki: '43:55:58:97:4e:b2:19:3c:85:ad:fd:44:04:66:63:b3',
  },
  {
    line: 'sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBAIi+mwNUg6oB5nENsMAeOkib+OEo06JadM1lR/hEaatP5qblIQ+4eBIgLZ3Uic/5A7zaE4hGe6GptEQeodeP3wAAAAEc3NoOg== sk',
    md5: '11:5a:66:e3:b7:f8:6a:7b:a7:8b:b9:13:6c:4e:f3:84',
    sha256: 'SHA256:Stfnr0TUE4j+T9U9+VkV2WP0vvo4PywamID53gSDD9g',
  },
  {
    line: 'sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAd2JXfXb9QWSyPQnxyyLnt3kfqlrZ3kYzULuYeRZRsmAAAABHNzaDo= sk',
    md5: 'bd:6c:16:54:47:de:1f:76:e6:17:03:00:3d:06:cf:58',
    sha256: 'SHA256:guamO9da0/vfeWKAgDtgnp3uVGm6P53ZaKWBlOG7j4Y',
  },
]
