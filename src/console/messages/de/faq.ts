import type { Messages } from '../en/en.js'
import { code, link, rich, strong } from '../rich.js'

export const faq: Messages['faq'] = {
  title: 'Fragen und Antworten',
  why: 'Wozu will dieser Server einen Schlüssel?',
  whyAnswer: rich`Auf diesem Server spielen viele Programme: Webseiten, Apps auf dem Telefon, Bots und manches, wovon uns niemand erzählt hat. Der Server konnte sie nicht auseinanderhalten. Mit einem Schlüssel weiß er, welche Programme im Einsatz sind und was sie brauchen. So fließt die Arbeit in die Teile der API, mit denen gespielt wird, und es verschwindet nichts, worauf ein Programm noch angewiesen ist.`,
  where: 'Wann sende ich ihn mit?',
  whereAnswer: rich`Bei jedem Aufruf, der eine Sitzung eröffnet, etwa beim Login oder beim Gründen eines neuen Kontos. Der Server ordnet die Sitzung Ihrem Client zu und zählt jeden weiteren Aufruf darin für ihn. Diese Aufrufe bleiben, wie sie sind. Nach der Registrierung zeigt diese Website einen solchen Aufruf mit Ihrem eigenen Schlüssel, fertig zum Einfügen.`,
  get: 'Wie bekomme ich einen?',
  getAnswer: (home) =>
    rich`${link(home, 'Registrieren Sie Ihren Client')} mit einem Namen. Mehr ist nicht nötig; ob Sie eine Webadresse und einen Kontakt angeben, ist Ihre Sache. Der Schlüssel gilt sofort. Ein Schlüssel ist für ein Programm: Geben Sie einem zweiten Client einen zweiten, damit ihre Zahlen getrennt bleiben.`,
  servers: 'Gilt der Schlüssel auch auf anderen Servern?',
  serversAnswer: (keyPrefix) =>
    rich`Nein. Ein Schlüssel gehört zu dem Server, der ihn ausgegeben hat; die von diesem Server beginnen mit ${code(`${keyPrefix}_pub_`)}. Kann Ihr Client auf mehreren Servern spielen, dann registrieren Sie ihn auf jedem. Er sollte sich zu jeder Serveradresse den passenden Schlüssel merken.`,
  security: 'Schützt er etwas?',
  securityAnswer: rich`Nein, er dient nicht der Sicherheit. Der öffentliche Schlüssel steckt in Ihrem Programm. Dort können ihn alle lesen und als ihren eigenen senden. Er unterscheidet Programme, solange alle ehrlich damit umgehen. Er steht nie für einen Spieler und öffnet kein Konto: Das tun Passwörter und Sitzungen, wie bisher.`,
  who: 'Wer kann meine Zahlen sehen?',
  whoAnswer: rich`Sie und wer diesen Server betreibt. Darum gibt es einen zweiten, privaten Schlüssel: Den öffentlichen können alle lesen, also könnte er Ihre Zahlen nicht für Sie behalten.`,
  pair: 'Was unterscheidet die beiden Schlüssel?',
  pairAnswer: (keyPrefix) =>
    rich`Der ${strong('öffentliche Schlüssel')} (${code(`${keyPrefix}_pub_…`)}) benennt Ihren Client: Er kommt ins Programm, und alle dürfen ihn sehen. Der ${strong('private Schlüssel')} (${code(`${keyPrefix}_prv_…`)}) öffnet Ihre Statistik: Er bleibt bei Ihnen und kommt nie ins Programm. Die Namen sind einfach so gemeint, wie sie klingen. Das ist keine asymmetrische Kryptografie, und mit keinem von beiden wird etwas verschlüsselt oder signiert.`,
  lost: 'Was, wenn ich den privaten Schlüssel verliere?',
  lostAnswer: rich`Niemand kann ihn noch einmal zeigen: Der Server behält nur einen Hash davon. Ihr Client läuft weiter, denn er braucht nur den öffentlichen Schlüssel. Wer diesen Server betreibt, kann Ihrem Client einen neuen privaten Schlüssel geben; der öffentliche Schlüssel und die Zahlen bleiben.`,
  program: 'Kann ein Programm meine Statistik lesen?',
  programAnswer: rich`Ja. ${code('stats.json')} und ${code('stats.csv')}, gleich neben der Seite mit Ihrer Statistik, nehmen den privaten Schlüssel im Header ${code('Authorization: Bearer …')} an. Beide enthalten die letzten 30 Tage, die 30 davor und die gesamte Zeit, dazu jeden UTC-Tag; was die Seite verdeckt, verdecken auch sie. Filtern Sie in der CSV-Datei die Spalte ${code('period')}, bevor Sie etwas zusammenzählen: Die Zeiträume überschneiden sich. Die Zahl verschiedener Spieler ist eine Schätzung, und die Zahlen zweier Tage lassen sich nicht zusammenzählen, weil es oft dieselben Leute sind.`,
  more: 'Wie bekomme ich weitere Statistiken?',
  moreAnswer: (feedbackUrl) =>
    rich`${feedbackUrl === undefined ? 'Sagen Sie dem Betreiber dieses Servers, was Sie über Ihren Client gern wüssten' : link(feedbackUrl, 'Sagen Sie uns, was Sie über Ihren Client gern wüssten')}. Daten über Spieler gehören nie dazu: Der Server merkt sich nicht, wer sie sind, nur ungefähr, wie viele.`,
  anonymous: 'Ich schreibe nur ein kleines Skript. Muss ich mich registrieren?',
  anonymousAnswer: rich`Nein. Senden Sie das Wort ${code('anonymous')} anstelle des Schlüssels. Alle, die das tun, teilen sich dieselben Zahlen. Nichts wird behalten, was ein Skript vom anderen unterscheiden würde, und darum kann später niemand diese Zahlen für sich beanspruchen. Wenn Sie eines Tages vielleicht Ihre eigenen Zahlen sehen möchten, registrieren Sie sich jetzt.`,
}
