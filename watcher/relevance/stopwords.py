"""Words that say nothing of what a text is about, per language.

Their one rule: a released list changes only together with `watcher.text.TOKENISER`, because term cards were counted
without these words. English is scikit-learn's list (BSD licence; its source is the Glasgow Information Retrieval Group)
and what is left of contractions. English news words ("said", "Monday") are not in it: the shipped table knows how
common they are. Languages without a table need them in their lists, and have the stream's statistics only later.
"""

from __future__ import annotations


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ENGLISH = _listed("""
    a about above across after afterwards again against all almost alone along already also although always am
    among amongst amoungst amount an and another any anyhow anyone anything anyway anywhere are around as at
    back be became because become becomes becoming been before beforehand behind being below beside besides
    between beyond bill both bottom but by call can cannot cant co con could couldnt cry de describe detail do
    done down due during each eg eight either eleven else elsewhere empty enough etc even ever every everyone
    everything everywhere except few fifteen fifty fill find fire first five for former formerly forty found
    four from front full further get give go had has hasnt have he hence her here hereafter hereby herein
    hereupon hers herself him himself his how however hundred i ie if in inc indeed interest into is it its
    itself keep last latter latterly least less ltd made many may me meanwhile might mill mine more moreover
    most mostly move much must my myself name namely neither never nevertheless next nine no nobody none noone
    nor not nothing now nowhere of off often on once one only onto or other others otherwise our ours ourselves
    out over own part per perhaps please put rather re same see seem seemed seeming seems serious several she
    should show side since sincere six sixty so some somehow someone something sometime sometimes somewhere
    still such system take ten than that the their them themselves then thence there thereafter thereby
    therefore therein thereupon these they thick thin third this those though three through throughout thru thus
    to together too top toward towards twelve twenty two un under until up upon us very via was we well were
    what whatever when whence whenever where whereafter whereas whereby wherein whereupon wherever whether which
    while whither who whoever whole whom whose why will with within without would yet you your yours yourself
    yourselves
""") | _listed("""
    ain aren couldn didn doesn don hadn hasn haven isn ll shouldn ve wasn weren wouldn
""")
_SPANISH = _listed("""
    000 a abril actualmente además advierte advierten advirtió afirma afirman afirmó agosto ahora ahí al algo
    alguien alguna algunas algunos algún allí ambas ambos anoche ante antes anuncia anuncian anunció apenas apunta
    apuntó aquel aquella aquellas aquellos aquí asegura aseguran aseguró así aun aunque ayer añade añadió año años
    aún bajo bien buen buena bueno cada calcula calculan casi cero cien cientos cinco comentó como con considera
    consideran contra cree creen cual cuales cualquier cuando cuanto cuatro cuenta cuentan cuya cuyas cuyo cuyos
    cuál cuándo cómo da dan dar de debe deben deberá decenas decir declaró deja dejó del demás dentro desde después
    dice dicen dicho diciembre diez dijeron dijo dio doble doce docena docenas domingo donde dos durante día días
    dónde el ella ellas ellos en enero entonces entre era eran es esa esas ese eso esos espera esperan esta estaba
    estaban estado estar estará estarán estas este esto estos estuvo está están explica explican explicó febrero
    forma fue fuera fueron gran grande grandes ha haber habrá había habían hace hacen hacer hacia han hasta hay haya
    hayan he hecho hizo hora horas hoy hubo iba incluso indica indicó informa informó ir jueves julio junio junto la
    las le les llega llegan llegar llegó lleva llevaba llevan lo los luego lugar lunes madrugada manera martes marzo
    mayo mayor mayores mañana me media mediante medio mejor menor menos mes meses mi mientras mil miles millones
    millón minuto minutos mis misma mismas mismo mismos mitad miércoles mucho muy más nada nadie ni ninguna ninguno
    ningún no noche nos nosotros noviembre nuestra nuestro nueva nuevas nueve nuevo nuevos nunca o ocho octubre once
    os otra otras otro otros para parte partir pasada pasadas pasado pasados peor pero pide piden pidió poco podrá
    podrán podría podrían podía por porque primer primera primeras primero primeros pronto próxima próximas próximo
    próximos pueda puedan puede pueden pues que queda quedan quedó quien quienes quiere quieren quince quién qué
    recientemente reconoce reconoció recordó recuerda recuerdan se sea sean seguir segunda segundo según seis semana
    semanas septiembre ser será serán sería señala señalan señaló si sido siempre siendo siete sigue siguen sin
    sobre solo son sostiene sostienen su subraya subrayó sus sábado sí sólo tal tales también tampoco tan tanta
    tanto tantos tarde te tendrá tendrán tener tenía tenían tercer tercera tercero tiene tienen toda todas todavía
    todo todos torno tras través treinta tres tu tus tuvo un una unas uno unos usted va van varias varios veces
    veinte vez viernes ya yo él última últimas último últimos
""")
_FRENCH = _listed("""
    afin ai ainsi alors après au aucun aussi autre autres aux avaient avait avant avec avoir ayant bien car ce
    ceci cela celle celles celui ces cet cette ceux chaque chez comme comment contre dans de depuis des deux
    dont du elle elles en encore entre est et eu eux faire fait fois font il ils je jusqu la le les leur leurs
    lors lui mais moins même mêmes ne ni non nos notre nous on ont ou où par pas pendant peu peut peuvent plus
    plusieurs pour pourquoi puis qu quand que quel quelle quelles quels qui quoi sa sans se selon sera seront
    ses si soit son sont sous sur ta tant te tel tous tout toute toutes très tu un une vers vos votre vous à
    étaient était été être
""")
_GERMAN = _listed("""
    aber alle allem allen aller alles als also am an ander andere anderen auch auf aus bei beim bereits bin bis
    bist da dabei dadurch damit dann das dass daß dem den denn der des dessen die dies diese diesem diesen
    dieser dieses doch dort du durch ein eine einem einen einer eines er es etwa etwas euch für gegen habe haben
    hat hatte hatten hier hin ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in indem ins ist ja jede jedem
    jeden jeder jedoch jetzt kann kein keine keinen können könnte man mehr mein mich mir mit muss müssen nach
    nicht nichts noch nun nur ob oder ohne schon sehr sei seien sein seine seinem seinen seiner seit sich sie
    sind so soll sollen sollte sowie um und uns unser unter vom von vor war waren warum was weil weiter welche
    wenn wer werde werden wie wieder wir wird wo worden wurde wurden zu zum zur zwar zwischen über
""")
_ITALIAN = _listed("""
    a abbia ad agli ai al alla alle allo anche ancora avere aveva c che chi ci come con contro cosa così cui da
    dagli dai dal dalla dalle dallo degli dei del dell della delle dello deve di dopo dove due e ed era erano
    essere fa fino fra già gli ha hanno i il in io la le lei li lo loro lui ma mentre mi molto ne negli nei nel
    nell nella nelle nello no noi non nostro o ogni ora per perché però più poi prima proprio può quale quali
    quando quanto quella quelle quelli quello questa queste questi questo qui quindi se secondo sempre senza si
    sia sono sta stata state stati stato su sua sue sugli sui sul sulla sulle sullo suo suoi tra tutta tutte
    tutti tutto un una uno verso vi è
""")
_PORTUGUESE = _listed("""
    a ainda além ao aos apenas após as assim até cada com como contra da das de dela dele deles depois desde do
    dos e ela elas ele eles em enquanto entre era eram essa essas esse esses esta estava este estes está estão
    eu foi foram há isso isto já la lhe mais mas me mesma mesmo meu minha muito na nas nem no nos nossa nosso
    num numa não nós o onde os ou outra outras outro outros para pela pelas pelo pelos pode podem por porque
    qual quando que quem se segundo sem ser será seu seus si sido sob sobre sua suas só também tem ter teve
    tinha toda todas todo todos têm um uma umas uns vai você à às é
""")
# Scripts that are read by pairs of characters: the pairs and single characters that are grammar or reporting. A pair
# that is also a name in the news is not listed: "이란" is an ending, and Iran.
_KOREAN = _listed("""
    가 가량 가운 가장 각각 간 강조 개 거나 거의 것 것도 것에 것으 것은 것을 것이 것인 게 겠다 경우 계속 고 곳 과
    과의 관련 관한 그 그것 그는 그래 그러 그런 그리 그의 기로 기를 기에 까지 께서 나 날 내 내년 내일 너 년 누구 는
    는다 는데 는지 니다 다 다가 다고 다는 다른 다며 다면 다시 다음 달 당시 대 대로 대한 대해 더 더욱 던데 덧붙 데 도
    도록 동안 됐고 됐다 됐던 되고 되는 되며 되면 되어 되었 되지 된다 두 둘 들과 들도 들에 들은 들을 들의 들이 등
    따라 따르 따른 때 때문 또 또한 라 라고 라는 라도 라며 라면 려고 렸다 로 로는 로도 로서 로써 르면 를 마다 만 만에
    만큼 말 말했 매우 며 면 면서 명 몇 모두 모든 못 무엇 및 바 바로 밖에 밝혔 번 보다 부터 분 붙였 뿐 사흘 새 서
    서로 설명 세 수 수밖 습니 시 씨 아니 아닌 아서 아직 안 않고 않는 않다 않았 않으 않은 알려 았다 약 어떤 어서 어제
    없고 없는 없다 없어 없었 없으 없이 었다 에 에게 에는 에도 에만 에서 에선 여러 역시 였다 오는 오늘 오전 오후 온
    올해 와 와의 왜 요일 우리 운데 원 월 위한 위해 으나 으로 으며 으면 은 은데 을 을지 의 의해 이 이것 이고 이나
    이날 이다 이들 이라 이런 이를 이며 이미 이번 이상 이었 이에 이전 이틀 이하 이후 인데 인해 일 일부 있고 있는 있다
    있던 있도 있어 있었 있으 있을 자 잘 저 전 전했 점 정도 제 졌다 조차 좀 주 줄 중 지 지난 지만 지적 참 채 처럼 척
    첫 초 최근 측 큰 통해 특히 하게 하고 하기 하는 하다 하던 하려 하루 하며 하면 하여 하지 한 한다 한데 할 함께 합니
    해 해서 해야 했고 했는 했다 했던 했으 했지 현재 혔다 후
""")
_JAPANESE = _listed("""
    あっ あの あり ある い いう いた いて いる う うち うと うな うに おい おけ おり か かし かっ かも から が がら
    き きた く け ける こ ここ こと この これ さ させ さら され し しか した して しま す すで する せ せる せん そ
    そし その それ た たが たち たと たの ため だ だが だけ ち った って っと つ つい て てい てお てき てく ても で
    でし です でに での では でも と とい とし とに との とは とも どこ どの な ない なか なが なっ など なら なり
    なる に にお には にも によ ね の のが ので のに のは のも のを は へ への べき ほか ほど まし ます まず ませ
    また まで も もう もの や よ よう よっ より よる ら らな らに らの られ り る るが るこ るた ると るの れ れた
    れて れば れる わた を ん
""")
_NONE: frozenset[str] = frozenset()
STOP_WORDS = {
    "de": _GERMAN,
    "en": _ENGLISH,
    "es": _SPANISH,
    "fr": _FRENCH,
    "it": _ITALIAN,
    "ja": _JAPANESE,
    "ko": _KOREAN,
    "pt": _PORTUGUESE,
}


def stop_words(language: str) -> frozenset[str]:
    """The stop words of a language (ISO 639-1); empty when there is no list for it."""
    return STOP_WORDS.get(language, _NONE)
