import { code, link, rich, strong } from '../rich.js'

export const faq = {
  title: 'Questions and answers',
  why: 'Why does this server want a key?',
  whyAnswer: rich`Many programs play on this server: web pages, phone apps, bots, things that nobody has told us about. The server could not tell them apart. With a key it knows which programs are in use and what they need, so that work goes into the parts of the API that people play with, and nothing is taken away that a program still depends on.`,
  where: 'Where do I send it?',
  whereAnswer: rich`With every call that creates a session, such as a login or the founding of a new account. The server ties the session to your client, and every later call in that session is counted for it. Those calls stay as they are. After you register, this site shows one such call with your own key in it, ready to paste.`,
  get: 'How do I get one?',
  getAnswer: (home: string) =>
    rich`${link(home, 'Register your client')} with a name. That is all; a web address and a way to reach you are up to you. The key works at once. One key is for one program: give a second client a second key, so that their numbers stay apart.`,
  servers: 'Does the key work on other servers?',
  serversAnswer: (keyPrefix: string) =>
    rich`No. A key belongs to the server that issued it; the keys of this one begin with ${code(`${keyPrefix}_pub_`)}. If your client can play on several servers, register it on each, and let it keep each key beside the address of its server.`,
  security: 'Does it protect anything?',
  securityAnswer: rich`No, it is no security feature. The public key travels inside your program, where anybody can read it and send it as their own. It tells programs apart as long as people are honest about it. It never stands for a player, and it opens no account: passwords and sessions do that, as before.`,
  who: 'Who can see my numbers?',
  whoAnswer: rich`You, and whoever runs this server. That is why there is a second, private key: since everybody can read the public one, it could not keep your numbers to yourself.`,
  pair: 'What is the difference between the two keys?',
  pairAnswer: (keyPrefix: string) =>
    rich`The ${strong('public key')} (${code(`${keyPrefix}_pub_…`)}) names your client: it goes into the program and may be seen by everybody. The ${strong('private key')} (${code(`${keyPrefix}_prv_…`)}) opens your stats: it stays with you and never goes into the program. The names are plain words. This is no asymmetric cryptography, and nothing is encrypted or signed with either.`,
  lost: 'What if I lose the private key?',
  lostAnswer: rich`Nobody can show it to you again: the server keeps only a hash of it. Your client works on, because it needs only the public key. Whoever runs this server can give your client a new private key; its public key and its numbers stay.`,
  program: 'Can a program read my stats?',
  programAnswer: rich`Yes. ${code('stats.json')} and ${code('stats.csv')}, beside the page with your stats, take the private key in the header ${code('Authorization: Bearer …')}. Both hold the past 30 days, the 30 before and all time, and every UTC day; what the page withholds, they withhold. In the CSV, filter the column ${code('period')} before you add up: the periods overlap. Distinct players are an estimate, and those of two days cannot be added, because many are the same people.`,
  more: 'How do I ask for more statistics?',
  moreAnswer: (feedbackUrl?: string) =>
    rich`${feedbackUrl === undefined ? 'Tell whoever runs this server what you would like to know' : link(feedbackUrl, 'Tell us what you would like to know')} about your client. Data about players is never part of it: the server does not keep who they are, only about how many.`,
  anonymous: 'I only write a small script. Do I need to register?',
  anonymousAnswer: rich`No. Send the word ${code('anonymous')} where the key belongs. Everybody who does so shares its numbers, nothing is kept that would tell one script from another, and so its history can never be claimed later. If you think that you may want to see your own numbers one day, register now.`,
}
