import type { MailTexts } from './texts.ts'

export const zh = {
  greeting: (name) => `${name}，您好：`,
  greetingWithoutName: '您好：',
  unnamedCommunity: '您的社区',
  linkHint: '如果按钮无法使用，请将以下地址复制到浏览器中打开：',
  reason: '审核人员给出的原因：',
  sentBy: (appName) => `本邮件由 ${appName} 发送。`,
  signup_confirmation: {
    subject: '请确认您的邮箱地址',
    paragraphs: ({ community, appName }) => [
      `感谢您在 ${appName} 注册社区“${community}”。`,
      '请确认这是您的邮箱地址。确认之后我们会审核该社区，并通过邮件告知您审核结果。',
    ],
    button: '确认我的邮箱地址',
    closing: ({ lifetime }) => [
      `此链接自注册起 ${lifetime}内有效，且只能使用一次。`,
      '如果您没有注册，请忽略本邮件：不使用链接，就不会确认任何内容。',
    ],
  },
  signup_existing_account: {
    subject: '将新社区转入您的账户',
    paragraphs: ({ community, appName }) => [
      `有人使用您的邮箱地址注册了社区“${community}”，而该地址在 ${appName} 已有账户。`,
      '如果是您本人，请打开链接并确认：该社区将归入您现有的账户，您的密码保持不变，表单中填写的密码将被丢弃。',
    ],
    button: '接管该社区',
    closing: ({ lifetime }) => [
      `此链接自注册起 ${lifetime}内有效，且只能使用一次。`,
      '如果不是您本人，请忽略本邮件：您的账户不会有任何变化。',
    ],
  },
  verify_email: {
    subject: '确认邮箱地址的新链接',
    paragraphs: ({ community }) => [
      `这是为社区“${community}”确认邮箱地址的新链接。之前的链接已失效。`,
    ],
    button: '确认我的邮箱地址',
    closing: ({ lifetime }) => [
      `此链接自您申请起 ${lifetime}内有效，且只能使用一次。`,
      '如果您没有申请，请忽略本邮件：不使用链接，就不会确认任何内容。',
    ],
  },
  community_under_review: {
    subject: ({ community }) => `${community} 正在审核中`,
    paragraphs: ({ community, appName }) => [
      `我们已开始审核社区“${community}”。`,
      `您无需进行任何操作。${appName} 会通过邮件告知您审核结果。`,
    ],
  },
  community_approved: {
    subject: ({ community }) => `${community} 已通过审核`,
    paragraphs: ({ community, appName }) => [
      `好消息：社区“${community}”已通过审核。`,
      `您现在可以使用邮箱地址和密码登录 ${appName}。`,
    ],
  },
  community_rejected: {
    subject: ({ community }) => `${community} 未通过审核`,
    paragraphs: ({ community }) => [`我们审核了社区“${community}”，未能予以通过。`],
  },
  community_suspended: {
    subject: ({ community }) => `${community} 已被暂停`,
    paragraphs: ({ community }) => [
      `社区“${community}”已被暂停。目前任何人都无法登录该社区，所有人均已退出登录。`,
    ],
  },
  community_reinstated: {
    subject: ({ community }) => `${community} 已恢复`,
    paragraphs: ({ community, appName }) => [
      `社区“${community}”已解除暂停。`,
      `您和您的成员可以重新登录 ${appName}。`,
    ],
  },
} satisfies MailTexts
