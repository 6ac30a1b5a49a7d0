/** What the existing web form sends, field by field, with everything in it that it can send. */
import { noisePng } from './noise-png.ts'

export const OWNER_EMAIL = 'mara.lindqvist@example.net'
export const OWNER_PASSWORD = 'Copper-Lantern-42'

/** 2 096 kB: just under the 2 MiB that a logo may have. */
const LOGO = noisePng(835, 836)

export const signupForm = {
  communityName: 'Apex Circle',
  communityBio: 'A monthly evening for people who build hardware, from first solder to first sale.',
  communityLogo: `data:image/png;base64,${LOGO.toString('base64')}`,
  communityWebsite: 'apexcircle.org',
  country: 'Sweden',
  city: 'Malmö',
  officialEmail: 'hello@apexcircle.org',
  phoneCode: '+46',
  phoneNumber: '40 123 45 67',
  contactPhone: '+46401234567',
  socialLinks: {
    twitter: 'https://twitter.com/apexcircle',
    linkedin: '',
    instagram: '',
    github: 'https://github.com/apexcircle',
    facebook: '',
  },
  firstName: 'Mara',
  lastName: 'Lindqvist',
  email: OWNER_EMAIL,
  location: 'Malmö, Sweden',
  password: OWNER_PASSWORD,
  confirmPassword: OWNER_PASSWORD,
  primaryRole: 'ORGANISER',
  skills: ['Electronics', 'Public speaking'],
  areaOfInterest: ['Hardware'],
  internalNotes: 'Found us through a friend.',
  permissions: {
    internalDashboard: true,
    communityForum: true,
    adminControls: true,
    superAdmin: true,
  },
}
