import { formatIn, sentence } from '../format.js'
import type { Messages } from './en.js'
import { operatorTexts } from './operator-de.js'
import { bdi, code, link, listed, rich, strong } from './rich.js'
import { mail, settings, tooMany } from './settings-de.js'

const format = formatIn('de', 'bis')
const sessions = (value: number) =>
  format.plural(value, { none: 'keine Sitzungen', one: 'Sitzung', other: 'Sitzungen' })

export const de: Messages = {
  language: 'de',
  format,

  layout: {
    thisServer: 'Dieser Server',
    skip: 'Zum Inhalt springen',
    stats: 'Ihre Statistik',
    faq: 'Fragen',
    operator: 'Betrieb',
    settings: 'Einstellungen',
    signOut: 'Abmelden',
    feedback: 'Etwas wünschen oder einen Fehler melden',
  },

  forms: {
    error: 'Fehler',
    problem: 'Da stimmt etwas nicht',
    privateKeyHint: (keyPrefix) => `Er beginnt mit ${keyPrefix}_prv_`,
    nameMissing: 'Geben Sie Ihrem Client einen Namen.',
    nameOdd: 'Der Name muss eine einzige Zeile mit höchstens 60 Zeichen sein, ohne Steuer- und unsichtbare Zeichen.',
    urlOdd: 'Die Webadresse muss mit http:// oder https:// beginnen und darf höchstens 200 Zeichen haben.',
    contactOdd:
      'Der Kontakt muss eine einzige Zeile mit höchstens 200 Zeichen sein, ohne Steuer- und unsichtbare Zeichen.',
    privateKeyTyped:
      'Das ist ein privater Schlüssel. Er ist geheim und gehört nicht hierher: Alles, was hier steht, liest auch der Betreiber.',
    privateKeyMissing: 'Geben Sie Ihren privaten Schlüssel ein.',
    privateKeyWrong: 'Das ist nicht der private Schlüssel eines Clients auf diesem Server.',
  },

  take: {
    publicKey: 'Öffentlicher Schlüssel',
    privateKey: 'Privater Schlüssel',
    copy: 'Kopieren',
    copied: 'Kopiert',
    copyByHand: 'Strg+C drücken',
    command: 'Befehl',
    send: 'Senden Sie diesen öffentlichen Schlüssel bei jedem Aufruf mit, der eine Sitzung eröffnet:',
  },

  home: {
    title: 'API-Schlüssel',
    lead: 'Ein API-Schlüssel sagt diesem Server, welches Programm spielt. Er ist öffentlich, kostet nichts und ist in einer Minute fertig.',
    getTitle: 'Schlüssel bekommen',
    name: 'Name Ihres Clients',
    url: 'Webadresse',
    urlHint: 'Freiwillig. Wo man den Client findet.',
    contact: 'E-Mail oder anderer Kontakt',
    contactHint: 'Freiwillig. Das sieht nur, wer diesen Server betreibt.',
    register: 'Schlüssel erstellen',
    signedIn: 'Sie sind angemeldet.',
    script: (href) =>
      rich`Nur ein Skript und kein Interesse an Statistik? Senden Sie ${code('anonymous')} als Schlüssel. ${link(href, 'Was das bedeutet')}`,
  },

  registered: {
    tab: 'Ihr API-Schlüssel',
    title: 'Ihr Schlüssel ist fertig',
    lead: (name) =>
      rich`${bdi(name)} hat jetzt ein Schlüsselpaar. Speichern Sie beide Schlüssel, bevor Sie diese Seite verlassen.`,
    publicKeyHint: 'Gehört in Ihr Programm. Alle dürfen ihn sehen.',
    privateKeyHint: rich`${strong('Wird nur dieses eine Mal gezeigt:')} Der Server behält keine Kopie, die er lesen könnte. Dieser Schlüssel öffnet Ihre Statistik. Er gehört also Ihnen und nicht ins Programm.`,
    save: 'Beide als Datei speichern',
    file: (name, game, publicKey, privateKey) =>
      `API-Schlüssel von ${name}, für ${game}\n\nÖffentlicher Schlüssel\n${publicKey}\n\nPrivater Schlüssel\n${privateKey}\n`,
    tryTitle: 'Ausprobieren',
    try: 'Senden Sie den öffentlichen Schlüssel bei jedem Aufruf mit, der eine Sitzung eröffnet. Im Terminal, mit Name und Passwort eines Spielers an der richtigen Stelle:',
    lookTitle: 'Und dann nachsehen',
    signedIn: (href) => rich`Sie sind für 12 Stunden angemeldet. ${link(href, 'Ihre Statistik ansehen')}`,
    notSignedIn: (href) => rich`Der private Schlüssel öffnet ${link(href, 'Ihre Statistik')}.`,
  },

  signIn: {
    tab: 'Anmelden',
    title: 'Statistik ansehen',
    button: 'Statistik anzeigen',
    lead: 'Melden Sie sich mit dem privaten Schlüssel an, den Sie zusammen mit Ihrem öffentlichen Schlüssel bekommen haben.',
    lost: (home, lost) =>
      rich`Noch kein Schlüssel? ${link(home, 'Einen bekommen')}. Privaten Schlüssel verloren? ${link(lost, 'Was zu tun ist')}`,
  },

  stats: {
    summary: (count, change, percent) => {
      const changes = {
        none: 'in den 30 davor keine',
        same: 'etwa so viele wie in den 30 davor',
        more: `${percent} mehr als in den 30 davor`,
        fewer: `${percent} weniger als in den 30 davor`,
      }
      return sentence(`${sessions(count)} in den letzten 30 Tagen, ${changes[change]}.`)
    },
    summaryOfOld: (allSessions) =>
      sentence(`${sessions(0)} in den letzten 30 Tagen; ${sessions(allSessions)} insgesamt.`),
    mostUsed: (feature) => rich` Am meisten genutzt: ${code(feature)}.`,
    newlyUsed: (features) => [' Neu genutzt: ', ...listed(features), '.'],
    numbersTitle: 'Zahlen',
    past30Days: 'Letzte 30 Tage',
    allTime: 'Gesamte Zeit',
    utcDays: (days) => `${days}, UTC`,
    sessions: 'Sitzungen',
    calls: 'Aufrufe',
    players: 'Verschiedene Spieler',
    share: 'Anteil',
    errors: 'Fehler',
    withheld: 'verdeckt',
    withholding: (players) =>
      `Zahlen, die sich weniger als ${players} Spieler teilen, sind verdeckt, und ebenso das, woraus sie sich errechnen ließen.`,
    daysHint: 'Tage beginnen um 00:00 UTC.',
    playersHint: 'Die Zahl verschiedener Spieler ist eine Schätzung; ± ist ihr Fehler, in 19 von 20 Fällen.',
    files: (csv, json, publicKey) =>
      rich`Dasselbe als ${link(csv, 'CSV')} oder ${link(json, 'JSON')} · öffentlicher Schlüssel ${code(publicKey)}`,
    ranges: { '7': '7 Tage', '30': '30 Tage', '90': '90 Tage', '365': '1 Jahr', all: 'Alles' },
    rangesTitle: 'Zeitraum',
    over: { day: 'Sitzungen pro Tag', week: 'Sitzungen pro Woche', month: 'Sitzungen pro Monat' },
    units: { day: 'Tag', week: 'Woche', month: 'Monat' },
    described: ({ days, most, withheld }) =>
      `${days}, UTC.${most ? ` Am meisten: ${sessions(most.sessions)}, ${most.when}.` : ''}${withheld > 0 ? ` Verdeckt: ${format.count(withheld)}.` : ''}`,
    tip: (days, count) => `${days}: ${count === undefined ? 'verdeckt' : sessions(count)}`,
    legend: 'Das gestrichelte Ende ist noch nicht vorbei.',
    legendOfGaps: 'Grau ist verdeckt.',
    nothingDrawn: 'In diesem Zeitraum gab es keine Sitzungen. Wählen Sie einen längeren.',
    allWithheld: 'Zu wenige Spieler auf einmal: Von diesem Zeitraum darf nichts gezeichnet werden.',
    asTable: 'Als Tabelle',
    sessionsTitle: 'Sitzungen nach Methode',
    featuresTitle: 'Funktionen',
    trend: 'Trend',
    trends: { more: 'mehr als zuvor', same: 'etwa wie zuvor', fewer: 'weniger als zuvor', new: 'neu' },
    trendHint: 'Der Trend vergleicht die Aufrufe mit den 30 Tagen davor; → heißt: weniger als 10\u00a0% Unterschied.',
    rest: (count) => `${format.count(count)} weitere`,
    metricsTitle: 'Eigene Zahlen des Spiels',
    unknown:
      '(unknown): Aufrufe von etwas, das auf diesem Server keine Funktion ist: nicht angegeben und nie erfolgreich beantwortet.',
    other: '(other): was an einem Tag mit sehr vielen Namen zu selten war, um einzeln genannt zu werden.',
    retired: (day) =>
      rich`${strong('Dieser Client ist stillgelegt')}, seit ${day}, UTC. Logins mit seinem öffentlichen Schlüssel werden abgelehnt; seine Zahlen bleiben.`,
    none: 'Noch keine Zahlen: Mit diesem Schlüssel kam noch kein Aufruf.',
    makeOne:
      'Senden Sie einen aus dem Terminal, mit Name und Passwort eines Spielers an der richtigen Stelle, und öffnen Sie diese Seite noch einmal.',
    publicKey: (publicKey) => rich`Öffentlicher Schlüssel: ${code(publicKey)}`,
  },

  faq: {
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
  },

  settings,
  mail,
  operator: operatorTexts(format),

  problems: {
    toHome: 'Zur ersten Seite',
    pageBroken: 'Diese Seite ließ sich nicht erstellen. Verloren ging dadurch nichts.',
    notFound: {
      title: 'Unter dieser Adresse gibt es keine Seite',
      detail: ['Prüfen Sie die Adresse auf einen Tippfehler, oder beginnen Sie auf der ersten Seite.'],
    },
    otherSite: {
      title: 'Dieses Formular kam von einer anderen Website',
      detail: [
        'Nichts wurde geändert. Öffnen Sie das Formular auf den Seiten dieses Servers und senden Sie es von dort.',
        'Falls Sie das getan haben, verbirgt ein Proxy vor diesem Server dessen Namen. Sagen Sie dem Betreiber: Der Proxy muss den Header Host weitergeben.',
      ],
    },
    formOnly: {
      title: 'Diese Adresse nimmt nur ein Formular an',
      detail: ['Nichts wurde geändert. Das Formular ist auf der ersten Seite.'],
    },
    readOnly: {
      title: 'Diese Adresse lässt sich nur lesen',
      detail: ['Nichts wurde geändert. Öffnen Sie sie mit GET.'],
    },
    unread: {
      'too-large': {
        title: 'Das Formular ist zu lang',
        detail: [
          'Nichts wurde gespeichert. Ein Formular darf 16 KiB haben; kürzen Sie Ihre Eingaben und senden Sie es noch einmal.',
        ],
      },
      aborted: {
        title: 'Das Formular kam nicht vollständig an',
        detail: ['Nichts wurde gespeichert. Gehen Sie zurück und senden Sie es noch einmal.'],
      },
      encoding: {
        title: 'Das Formular ist so gepackt, dass dieser Server es nicht lesen kann',
        detail: ['Nichts wurde gespeichert. Senden Sie es noch einmal ohne Content-Encoding.'],
      },
      multipart: {
        title: 'Formulare dieser Art liest dieser Server nicht',
        detail: ['Nichts wurde gespeichert. Senden Sie es als application/x-www-form-urlencoded.'],
      },
      consumed: {
        title: 'Der Server konnte das Formular nicht lesen',
        detail: ['Nichts wurde gespeichert, und an Ihren Eingaben liegt es nicht. Sagen Sie es dem Betreiber.'],
      },
    },
    tooMany,
    changed: {
      title: 'Der Client wurde gleichzeitig geändert',
      detail: [
        'Jemand anderes oder ein anderes Fenster von Ihnen war schneller, darum wurde nicht getan, was Sie wollten. Ein privater Schlüssel wurde nicht ausgegeben.',
        'Sehen Sie sich den Client an, wie er jetzt ist, und wiederholen Sie es, wenn Sie es noch wollen. Gilt Ihr privater Schlüssel nicht mehr, dann hat den neuen, wer gleichzeitig geändert hat.',
      ],
    },
    outage: {
      title: 'Der Server erreicht seine Aufzeichnungen gerade nicht',
      register:
        'Ihr Client ist vielleicht noch nicht registriert, und es wurde kein privater Schlüssel ausgegeben. Senden Sie das Formular in einer Minute noch einmal.',
      'sign-in':
        'Verloren ging nichts, und Ihr privater Schlüssel kann durchaus stimmen. Versuchen Sie es in einer Minute noch einmal.',
      settings:
        'Vielleicht wurde getan, was Sie wollten, vielleicht nicht. Öffnen Sie in einer Minute Ihre Einstellungen und sehen Sie nach. Lassen sie sich mit Ihrem privaten Schlüssel nicht öffnen, kann der Betreiber dieses Servers Ihrem Client einen neuen geben.',
      stats:
        'Verloren ging nichts: Was gezählt wurde, wartet und wird erscheinen. Öffnen Sie diese Seite in einer Minute noch einmal.',
      operator:
        'Gezähltes ging nicht verloren. Öffnen Sie diese Seite in einer Minute noch einmal, und wenn Sie etwas geändert haben, sehen Sie nach, ob es geändert ist.',
    },
  },
}
