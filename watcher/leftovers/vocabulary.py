"""The words with which a site speaks of itself, and the small words that sentences are made of.

One rule: only general words of the trade, in the larger languages; no outlet's own phrases. A text is never judged by
these alone: ``furniture`` weighs them against what else is known of a line.
"""

from __future__ import annotations

import re


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


LABELS = _listed("""
    advertisement advertising ad ads sponsored promoted sponsor partner share shares shared tweet pin email e-mail mail
    print save bookmark copy link links facebook twitter x whatsapp telegram linkedin reddit pinterest instagram youtube
    tiktok flipboard pocket messenger threads bluesky mastodon rss comment comments reply replies like likes follow
    following followers read reading more less show hide view all see also related recommended popular trending latest
    story stories highlights highlight article articles news newsletter newsletters newsroom topics topic tags tag
    filed category categories section sections menu home search skip content navigation main close open back next
    previous prev continue loading please wait toggle subscribe subscription subscribers only sign up log in login
    register account profile settings video videos watch listen audio podcast play playing replay pause mute autoplay
    photo photos image images picture gallery slideshow caption credit credits source getty reuters ap afp
    updated update published posted modified created last first date time ago min mins minute minutes hour hours
    am pm et est edt gmt utc bst cet kst jst pst pdt
    jan january feb february mar march apr april may jun june jul july aug august sep sept september oct october nov
    november
    dec december mon monday tue tuesday wed wednesday thu thursday fri friday sat saturday sun sunday
    privacy policy terms of use cookie cookies settings copyright rights reserved contact about us help faq careers
    editor's picks pick choice don't miss most viewed must you may might like exclusive breaking live top
    click tap unavailable listened
    key points takeaways at a glance summary in brief quick follow on the this from to and or for your our by via with
    lire aussi partager publicité commentaires commentaire abonnez-vous abonnés abonné réservé mis à jour le publié
    anzeige werbung teilen drucken kommentare mehr lesen weiterlesen lesen sie auch zum thema aktualisiert
    publicidad compartir comentarios leer más lea también suscríbete publicado actualizado
    noticias relacionadas relacionados leído imprimir guardar boletín etiquetas temas síguenos regístrate
    입력 수정 등록 게재 송고 관련 관련기사 기사 기사원문 원문 본 많이 인기 추천 공유 공유하기 보내기 페이스북 트위터
    카카오톡 카카오스토리 블로그 밴드 복사 복사하기 링크 댓글 좋아요 싫어요 구독 구독하기 제보 제보하기 글자크기
    글자 크기 크게 작게 인쇄 인쇄하기 프린트 스크랩 북마크 더보기 목록 회원가입 닫기 오전 오후 가
    publicidade compartilhar comentários leia mais também pubblicità condividi commenti leggi anche
    реклама поделиться комментарии читать далее также читайте
    """)
"""Words of buttons, labels, dates and share bars: a short line made mostly of them is none of the article's."""

LIST_HEADS = re.compile(
    r"^(?:(?:story|article|news|key|main|top|report)?\s*(?:highlights?|takeaways?|points)|key facts|at a glance"
    r"|in brief"
    r"|summary|what (?:to|you need to|we) know.*|(?:das|les|lo|en) (?:wichtigste|points|resumen|bref).*)\s*:?$",
    re.IGNORECASE,
)
"""Headings of bullet lists that sum an article up: what follows them is no headline."""

SITE_TALK = re.compile(
    r"""
      \b(?:cookies?\b | browsers?\b | javascript\b | ad[\s-]?block(?:er|ers|ing)?\b | pop-?ups?\b
    | newsletters?\b | unsubscribe\b | subscri(?:be|bers?|ption|ptions|bing)\b | inbox\b | paywall\b
    | sign(?:ed|ing)?[\s-](?:up|in)\b | log(?:ged)?[\s-]?in\b | create\ (?:an|your)\ (?:free\ )?account\b
    | privacy\ (?:policy|notice|statement|settings)\b | terms\ (?:of\ (?:use|service)|and\ conditions)\b
    | click(?:ing)?\ (?:here|on|below|the)\b | tap\ (?:here|to)\b | (?:read|see|find\ out|learn)\ more\b
    | follow\ (?:us|me|him|her|them|@)\b
    | (?:our|this)\ (?:web\s?site|site|app|page|channel|coverage|journalism)\b
    | download\b | app\ store\b | google\ play\b | push\ (?:alerts?|notifications?)\b
    | (?:news|email)\ alerts\b
    | breaking\ news\b | free\ trial\b | registered\ (?:users?|readers?)\b
    | not\ supported\b
    | (?:on|via)\ (?:facebook|twitter|instagram|whatsapp|telegram|youtube)\b
    | social\ media\ (?:accounts?|channels?)\b
    | support\ (?:our|us|independent|quality)\b | donat(?:e|ion)\b | (?:your|a)\ comments?\b
    | moderat(?:ed|ion)\b
    | this\ (?:article|story|report)\ (?:was|is|has|first|originally|appeared|includes)\b | our\ standards\b
    | affiliate\b
    | personal\b.{0,20}\buse\ only\b | réservée?s?\ aux\ abonnés\b
    | (?:report|news|story)\ tips?\b | get\ in\ touch\b | e-?mail\ (?:us|me|him|her|address)\b
    | recaptcha\b | auto-?generated\b | may\ not\ be\ (?:published|reproduced|republished|copied)\b
    | newsletter\b | abonnez-vous\b | inscrivez-vous\b | cookies\b | abonnieren\b | datenschutz\w*\b
    | suscr[ií]b\w+\b | regístr\w+\b | assine\b | iscriviti\b | abbonati\b | подпис\w+\b
    )
    | 뉴스레터 | 구독 | 쿠키 | 订阅 | 訂閱 | メールマガジン | ニュースレター | 会員登録 | 購読
    """,
    re.VERBOSE,
)
"""What a site says of itself, in lower case. An article may say it too: two such hints and more are needed for a
sentence to go."""

SITE_WORDS = _listed("""
    cookie cookies browser browsers javascript popup popups newsletter newsletters unsubscribe subscribe subscriber
    subscribers subscription subscriptions subscribing inbox paywall signup signin loggedin login privacy click clicking
    tap download supported facebook twitter instagram whatsapp telegram youtube donate donation comment comments
    moderated moderation affiliate personal réservé réservée réservés réservées tip tips mail email recaptcha
    autogenerated abonnez inscrivez abonnieren assine iscriviti abbonati alerts adblock adblocker adblockers adblocking
    """)
SITE_PHRASES = (
    "ad block", "ad-block", "pop-up", "sign up", "sign in", "sign-", "signed up", "signed in", "signed-", "signing up",
    "signing in", "signing-", "log in", "log-in", "logged in", "logged-in", "create a", "create your", "terms of",
    "terms and", "read more", "see more", "out more", "learn more", "follow us", "follow me", "follow him",
    "follow her", "follow them", "follow @", "our web", "our site", "our app", "our page", "our channel",
    "our coverage", "our journalism", "our standards", "this web", "this site", "this app", "this page",
    "this channel", "this coverage", "this journalism", "app store", "google play", "push ", "breaking news",
    "free trial", "registered user", "registered reader", "social media", "support our", "support us",
    "support independent", "support quality", "this article", "this story", "this report", "get in touch",
    "may not be", "auto-generated", "datenschutz", "suscrib", "suscríb", "regístr", "подпис",
)  # fmt: skip
"""Each hint has one of these words or phrases: what has none needs no search, which costs a hundred times more."""

CERTAIN = re.compile(
    r"""
      \ball\ rights\ reserved\b | (?:\bcopyright\b|\(c\)) \s* (?:©|\(c\))? \s* \d{4} | ©\s*(?:\d{4}|copyright|the\b|\w+)
    | \btous\ droits\ réservés\b | \balle\ rechte\ vorbehalten\b
    | \b(?:todos\ los\ derechos|todos\ os\ direitos)\ reservad
    | \btutti\ i\ diritti\ riservati\b | 무단\s*전재 | 재배포\s*금지 | 저작권자 | 無断転載 | 版权所有 | 版權所有
    | \bcontributed\ to\ this\ (?:report|story|article)\b | \bthis\ site\ is\ protected\ by\b
    """,
    re.VERBOSE,
)
"""Notices, in lower case, that are never an article's own words; believed in short lines only."""

CERTAIN_PHRASES = (
    "rights", "copyright", "(c)", "©", "droits", "rechte", "derechos", "direitos", "diritti", "무단", "재배포",
    "저작권자", "無断", "版", "contributed", "protected",
)  # fmt: skip
"""Each of them has one of these: what has none needs no search."""

CERTAIN_START = re.compile(
    r"""\W*(?:
      (?:additional\ )?(?:reporting|writing|editing|written|compiled|edited|produced)\b.{0,120}
        \bby\b.{0,80};?.{0,80}\b(?:editing|reporting|writing)\ by\b
    | (?:reporting|editing|additional\ reporting)\ by\ \w
    | the\ post\b.{1,200}\bappeared\ first\ on\b
    | (?:editor|author|publisher)(?:['’]s|s['’]|['’])?\ note\b
    | (?:note:\ )?(?:(?:a|an\ earlier)\ version\ of\ )?this\ (?:article|story|column|essay|post)\ (?:was\ )?
        (?:has\ been\ )?(?:first\ |originally\ )?(?:appeared|published|written|updated|corrected|adapted)
    | (?:the\ )?(?:opinions|views)\ expressed\ (?:here|(?:in|on|by)\ (?:this|the\ author)|are\b)
    | (?:stock\ )?quotes\ (?:are\ )?delayed\b | market\ data\ (?:is\ )?provided\ by\b
    | (?:with|from)\ (?:\w+\ )?(?:wires?|agencies|inputs)\b | (?:hide|toggle|enlarge)\ (?:this\ )?(?:caption|image)\b
    | tune\ in\ to\b | (?:send|email|write\ to|contact|tell|join|follow)\ us
        \ (?:your|what|how|why|if|here|at|on|by|via|for|about|an?)\b
    | (?:watch|see|listen\ to|read)\ (?:the|our|this)\ (?:full|whole|entire|above|accompanying|attached|video|note|blog
        |post|podcast|interview|episode|\w+\ blog)\b
    | watch\b.{1,80}\b(?:here|above|below)[.!]?$ | (?:note:\ )?(?:watch|stream)\b.{1,40}\b(?:now|live)\ on\b
    )""",
    re.VERBOSE,
)
"""The same, at the start of a line or sentence."""

CREDIT = re.compile(
    r"""
      \b(?:photo|image|picture|photograph|foto|video|illustration|graphic)s?\s*(?:by|:|credit|courtesy|/|via)
    | \((?:photo|image|picture|ap|afp|reuters|getty)\b[^)]*\)
    | \bgetty\ images\b | \b(?:ap|file|stock|handout)\ photo\b
    | /(?:\ ?(?:afp|ap|reuters|getty|epa|bloomberg|shutterstock|yonhap))\b
    | ^\W*(?:reuters|afp|ap)/ | \bvia\ (?:getty|reuters|ap|afp)\b | \b(?:image|photo|media)\ (?:source|caption)\b
    | ^(?-i:Image|Photo|Caption)\ (?-i:[A-Z]) | ^(?:hide|toggle|enlarge)\ (?:this\ )?(?:caption|image)\b
    | ^\W*(?:above|below|pictured|left|right|top|bottom):\s
    | \bcourtesy\ of\b | ^\W*source\W | \bsource\s*: | \[사진 | 사진\s*[=:] | 자료사진 | 写真[:：=] | 图[:：]
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Who took the picture."""

CREDIT_PHRASES = (
    "photo", "image", "pictur", "foto", "video", "illustration", "graphic", "caption", "(ap", "afp", "reuters", "getty",
    "/", ":", "via ", "courtesy", "source", "사진", "写真", "图",
)  # fmt: skip
"""Each credit has one of these, in lower case."""

POINTING = re.compile(
    r"\((?:l|r|c|left|right|centre|center|top|bottom|file|pictured|front|back)\)|\bfile photo\b", re.IGNORECASE
)
"""How captions point at people."""

MARK = re.compile(
    r"(?:[•▪►‣●◦·|¶]\s*|\*\s*(?=[^\W_])|(?:--|[–—-])\s+|\((?:Photo|Image|Picture)s?:[^()\n]{0,80}\)\s*"
    r"|(?:Story\ Highlights|CLOSE)\s+(?=[A-Z][a-z]))+(?=\S)"
)
"""What stands before a line's first word: the mark of a list, a dash, a picture's credit, a button."""

TIME_CODE = re.compile(r"^\W*(?:\d{1,2}:)?\d{1,2}:\d{2}\b(?!\s*(?:[ap]\.?m\b.*[.!?]))", re.IGNORECASE)
"""The length of a film, or a clock time, at the start of a line."""

BYLINE = re.compile(
    r"^\W*(?:(?:story|words|text|analysis|opinion|reported|written|posted|review)\s+)?(?:by|von|par|por|di|da|door|av)\s+(?=\S)|"
    r"(?:기자|특파원|칼럼니스트)(?:\s|$)|記者$|^\W*記者",
    re.IGNORECASE,
)
"""How bylines begin (or, in Korean and Japanese, end)."""

JOBS = _listed(
    "reporter correspondent editor columnist writer journalist producer contributor photographer staff "
    "korrespondent correspondante corresponsal redacción rédaction redaktion"
)
"""What stands behind a name in a byline."""

BIOGRAPHY = re.compile(
    r"(?<!\bwho )\b(?:is|was) (?:an?|the) (?:\w+[\s-]){0,6}?(?:reporter|correspondent|editor|columnist|writer"
    r"|journalist|blogger|fellow)\b.{0,60}\b(?:at|for|with|of|based|who covers|covering|on)\b"
    r"|^(?-i:[A-Z]\S+ [A-Z]\S+) (?:anchors|hosts) (?:the|a|an)\b",
    re.IGNORECASE,
)
"""A line about the author; no news of somebody "who is a reporter of …", nor of a country, a "producer of oil"."""

AUTHOR = re.compile(
    r"""(?:(?:[A-ZÀ-Þ][\w.'’-]*,?\ ){2,4}(?:[^.;:"“]{3,90},\ )?|An?\ [^.,]{5,60},\ s?he\ )
        (?:writes\ (?:about|for)\b
        |is\ (?:currently\ )?(?:an?\ |the\ )?(?:[\w’'-]+\ ){0,6}?
         (?:reporter|correspondent|editor|columnist|writer|journalist|blogger|fellow|professor|author|speechwriter
         |commentator)\b(?:\ (?:at|for|with|of|in|and|based|who)\b|[,.]))""",
    re.VERBOSE,
)
"""A sentence about the author, at either end of a text: "Marta Lindqvist, who …, is a columnist of …"."""

ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+\.\w[\w.]*")
"""Links and mail addresses."""

ADDRESSING = _listed(
    "you your yours our ours us my here please vous votre nos notre sie ihre ihren unsere unser "
    "usted tu su nuestro nuestra você nosso nossa"
)
"""Words that speak to the reader."""

CALLS = _listed("""
    sign subscribe click read follow get download join watch listen visit see enable disable try support share register
    log enter send email contact check tap learn discover explore find view continue become donate buy shop browse stay
    please want have never keep upgrade update allow accept manage choose sehen lesen abonnieren cliquez lisez
    abonnez découvrez suscríbete lea vea sigue assine leia veja
    """)
"""First words of calls to do something."""

SMALL_WORDS = _listed("""
    a an the and or but if of to in on at by for from with as is are was were be been being has have had do does
    did will
    would can could may might must shall should not no nor so than that this these those it its he his him she her they
    their them we our us you your i my me who whom whose which what when where why how there here about into over under
    after before between during against out up down off more most some any all one also just only very said says
    le la les l un une des du de d et ou à au aux en dans sur pour par avec que qui ne pas ce cette il elle ils est sont
    der die das den dem des ein eine einen einem einer und oder aber nicht mit von zu im am auf für ist sind war
    wird als
    el los las unos unas y o no con por para se su al del lo que es son fue como más
    os as um uma e em no na nos nas dos das ao ele ela não foi é são
    il lo gli i di da nel nella con che non per del della dei è sono
    de het een en van in op met voor niet is zijn dat die te
    и в на с по не что как это из у за от для его к
    """)
"""Words that carry grammar: they say nothing about a subject, and lines without any are seldom sentences."""
