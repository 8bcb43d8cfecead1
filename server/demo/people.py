"""Who lives in the demo house: names, areas, and what they say of themselves, in Japanese and English. Invented, all of them."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from msgspec import Struct

from server.demo import tastes
from server.protocol.values import Tag


class Figure(Struct, frozen=True):
    """A cast to be. `price`: yen of an hour's plan, tax and service included."""

    name: str
    reading: str
    headline: str
    about: str
    area: str
    tags: list[str]
    taste: str
    price: int


NAMES: Final = (
    "紗夜 さよ Sayo|澪 みお Mio|千歳 ちとせ Chitose|琥珀 こはく Kohaku|凛 りん Rin|蒼 あおい Aoi|雪乃 ゆきの Yukino|椿 つばき Tsubaki|楓 かえで Kaede|"
    "薫 かおる Kaoru|伊織 いおり Iori|真琴 まこと Makoto|静流 しずる Shizuru|小夜子 さよこ Sayoko|梓 あずさ Azusa|翠 みどり Midori|朔 さく Saku|絢 あや Aya|"
    "怜 れい Rei|夏樹 なつき Natsuki|深月 みづき Mizuki|縁 ゆかり Yukari|悠 はるか Haruka|藍 あい Ai|時雨 しぐれ Shigure|美琴 みこと Mikoto|燈 あかり Akari|"
    "涼 りょう Ryo|咲良 さくら Sakura|弦 げん Gen|葵 あおい Aoi|詩 うた Uta|奏 かなで Kanade|瑠璃 るり Ruri|暁 あきら Akira|文 ふみ Fumi|"
    "ナオミ なおみ Naomi|レオ れお Leo|ソフィア そふぃあ Sofia|ジュン じゅん Jun"
)
FAMILIES: Final = (
    "朝霧 藤堂 一条 白川 月島 神崎 早乙女 水無瀬 黒瀬 花村 橘 結城 桐生 鳴海 東雲 綾瀬 久遠 篠宮 天音 如月".split()
)
AREAS: Final = ("銀座", "六本木", "新宿", "渋谷", "恵比寿", "上野", "赤坂", "北新地", "祇園", "中洲", "すすきの")
GUESTS: Final = ("健", "誠", "Daniel", "由紀子", "大輔", "亮", "Claire", "正人", "恵", "Marco", "拓也", "修")
LINES: Final[Mapping[str, tuple[str, str, str]]] = {
    "cellar": (
        "今夜の一本を、いっしょに選びましょう。",
        "ワインの話なら朝まででも。料理との相性を考えるのが何より好きです。",
        "Let's find the bottle that suits your evening.",
    ),
    "counter": (
        "静かな席と、いい氷。",
        "カウンターで過ごす時間が好きです。話したい日も、黙っていたい日も、どうぞ。",
        "Good ice, low light, no hurry.",
    ),
    "festival": (
        "笑って帰ってもらうのが仕事です。",
        "にぎやかな夜は任せてください。歌います、踊ります、よく笑います。",
        "Bring your friends, I'll bring the noise.",
    ),
    "otaku": (
        "推しの話、いくらでも聞きます。",
        "アニメとゲームで育ちました。早口になったら止めてください。",
        "Ask me what I'm watching this season.",
    ),
    "seoul": (
        "週末はソウルの風。",
        "韓国ドラマと美容の話が止まりません。乾杯はマッコリで。",
        "K-drama recommendations included.",
    ),
    "kyoto": (
        "季節のことばと、一杯のお酒。",
        "着物で立つことが多いです。お茶とお花は母に習いました。",
        "Seasonal flowers, warm sake, unhurried talk.",
    ),
    "green": (
        "会食のあとの、ひと息に。",
        "ゴルフと経済の話が好きです。大切なお客様とのお席もご一緒します。",
        "Golf, markets, and a table that runs smoothly.",
    ),
    "outdoor": (
        "山から帰って、そのまま来ました。",
        "休みの日は山か海。焚き火の匂いがしたらごめんなさい。",
        "Weekdays in town, weekends up a mountain.",
    ),
    "stadium": (
        "延長戦までお付き合いします。",
        "野球も格闘技も全力で観ます。声が大きいのは許してください。",
        "I cheer loudly for the losing side.",
    ),
    "naniwa": (
        "ツッコミ、入れさせてもらいます。",
        "大阪生まれ、笑いで育ちました。落ちのない話も歓迎です。",
        "Born in Osaka; the joke is always on me.",
    ),
    "gallery": (
        "今日見た色の話をしませんか。",
        "美術館をはしごして、夜はここにいます。写真も少し撮ります。",
        "Tell me about the last picture you stood in front of.",
    ),
    "library": (
        "読みかけの本、教えてください。",
        "本と珈琲があれば幸せです。ゆっくり話す夜が得意です。",
        "Quiet company for people who read.",
    ),
    "home": (
        "おかえりなさい、と言わせてください。",
        "料理と猫と、甘いもの。肩の力を抜いていってくださいね。",
        "Come as you are; there is cake.",
    ),
    "airport": (
        "Bonsoir, hola, こんばんは。",
        "三つの国で暮らしました。旅の方も、これから旅に出る方もどうぞ。",
        "I'll translate the menu and the jokes.",
    ),
    "stage": (
        "一曲、歌わせてください。",
        "昭和歌謡からジャズまで。リクエストはいつでもどうぞ。",
        "Requests welcome, old songs most of all.",
    ),
    "garage": (
        "エンジンの音で、だいたい分かります。",
        "車とバイクとロック。ダーツは負けません。",
        "I lose at cards, never at darts.",
    ),
    "oracle": (
        "悩みごと、一枚引いてみましょう。",
        "タロットを読みます。当たるかどうかより、話すことが大事かも。",
        "The cards are an excuse to talk.",
    ),
    "welcome": (
        "初めての方、こちらへどうぞ。",
        "おひとりでも、お酒が飲めなくても大丈夫。前にうかがった話は覚えています。",
        "First time? Sit next to me.",
    ),
    "south": ("なんくるないさ、で乾杯。", "島の酒と海の話。飾らない夜にしましょう。", "Island spirits, island time."),
    "runway": (
        "背筋の伸びる夜を。",
        "服と香りが好きです。次のお召し物、いっしょに考えませんか。",
        "Dress up a little. It suits you.",
    ),
    "magic": (
        "種も仕掛けも、あります。",
        "テーブルマジックと遊びが得意です。驚かせたら勝ち。",
        "Pick a card. No, not that one.",
    ),
}
"""Taste → headline, a sentence in Japanese, one in English."""


def figures(seed: int, count: int, vocabulary: Mapping[str, Tag]) -> list[Figure]:
    """The same people for the same seed; the first forty have the names without a family."""
    chance = Random(f"figures {seed}")
    known = sorted(vocabulary)
    by_taste = tastes.weights(known)
    names = NAMES.split("|")
    chance.shuffle(names)
    return [_figure(chance, number, names, known, by_taste, vocabulary) for number in range(count)]


def _figure(
    chance: Random,
    number: int,
    names: Sequence[str],
    known: Sequence[str],
    by_taste: Mapping[str, Mapping[str, float]],
    vocabulary: Mapping[str, Tag],
) -> Figure:
    written, reading, latin = names[number % len(names)].split()
    if number >= len(names):
        written = f"{chance.choice(FAMILIES)} {written}"
    mixed = tastes.mixture(chance)
    taste = next(iter(mixed))
    tags = tastes.tags(chance, mixed, known, by_taste)
    headline, sentence, english = LINES[taste]
    liked = [vocabulary[tag] for tag in tags[:3]]
    about = (
        f"{written}（{reading}）です。{sentence}\n"
        f"好きなものは{'、'.join(tag.ja for tag in liked)}。ご予約はトークからどうぞ。\n\n"
        f"I'm {latin}. {english} Ask me about {', '.join(tag.en.lower() for tag in liked[:-1])} or {liked[-1].en.lower()}."
    )
    return Figure(
        name=written,
        reading=reading,
        headline=headline,
        about=about,
        area=chance.choices(AREAS, range(len(AREAS) + 3, 3, -1))[0],
        tags=tags,
        taste=taste,
        price=chance.choice((8_000, 9_000, 10_000, 11_000, 12_000, 14_000, 16_000, 20_000)),
    )
