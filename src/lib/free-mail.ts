/**
 * Big providers where anybody gets an address for nothing. Such an official address is no proof that a community
 * belongs to the organisation it names; that is all it says.
 */
const PROVIDERS = new Set(
  `126.com 139.com 163.com 189.cn abv.bg aliyun.com aol.com att.net bellsouth.net bigpond.com bk.ru bluewin.ch bol.com.br
  btinternet.com centrum.cz charter.net comcast.net cox.net daum.net duck.com earthlink.net email.cz fastmail.com
  fastmail.fm foxmail.com free.fr freemail.hu freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com
  hanmail.net hey.com hotmail.ca hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hushmail.com
  icloud.com ig.com.br inbox.lv inbox.ru interia.pl juno.com kakao.com laposte.net libero.it list.ru live.ca live.co.uk
  live.com live.de live.fr live.it live.nl mac.com mail.com mail.de mail.ru mailbox.org me.com msn.com naver.com nate.com
  neuf.fr o2.pl onet.pl op.pl optonline.net orange.fr outlook.co.id outlook.com outlook.de outlook.es outlook.fr
  outlook.in outlook.jp pm.me posteo.de proton.me protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com
  sbcglobal.net seznam.cz sfr.fr shaw.ca sina.cn sina.com sky.com sohu.com sympatico.ca t-online.de talktalk.net
  telenet.be terra.com.br tin.it tiscali.it tuta.com tuta.io tutanota.com ukr.net uol.com.br verizon.net virgilio.it
  virginmedia.com vk.com vodafone.it walla.co.il wanadoo.fr web.de wp.pl ya.ru yahoo.ca yahoo.co.id yahoo.co.in
  yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.mx yahoo.com.ph yahoo.com.sg
  yahoo.com.tw yahoo.com.vn yahoo.de yahoo.es yahoo.fr yahoo.in yahoo.it yandex.com yandex.ru yeah.net ymail.com
  zoho.com zohomail.com`.split(/\s+/),
)

/** `domain`: of an address in canonical form. */
export function isFreeMail(domain: string): boolean {
  return PROVIDERS.has(domain)
}
