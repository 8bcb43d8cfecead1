"""What is said in the demo house. `g` the guest, `c` the cast; one line a message."""

from random import Random
from typing import Final

Line = tuple[str, str]
OPENINGS: Final[tuple[tuple[Line, ...], ...]] = (
    (("g", "はじめまして。プロフィールを拝見しました。"), ("c", "はじめまして、うれしいです。どうぞ気楽に話しかけてくださいね。"), ("g", "ありがとうございます。{tag}がお好きなんですね。"), ("c", "はい、話し出すと長いですよ。")),
    (("g", "先日はありがとうございました。楽しかったです。"), ("c", "こちらこそ。あの話の続き、ずっと気になっています。"), ("g", "ではまた近いうちに。"), ("c", "お待ちしていますね。")),
    (("g", "Hi! I'm in town until Sunday. Is English all right?"), ("c", "Of course. Welcome to {area}!"), ("g", "A friend told me you know everything about {tag_en}."), ("c", "Not everything. But enough for one evening.")),
    (("g", "今夜はいらっしゃいますか。"), ("c", "はい、21時からおります。"), ("g", "仕事が終わったら連絡します。"), ("c", "雨なので、お気をつけて。")),
    (("g", "友人の誕生日をお願いしたいのですが。"), ("c", "おめでとうございます。何名様でしょう。"), ("g", "三人です。甘いものが好きな人で。"), ("c", "では小さなケーキを用意しておきますね。")),
    (("g", "前に教えてもらったお店、行ってきました。"), ("c", "どうでしたか。"), ("g", "最高でした。{tag}の話もできて。"), ("c", "わかる人がいるとうれしいですよね。")),
)  # fmt: skip
BEFORE: Final[tuple[tuple[Line, ...], ...]] = (
    (("g", "{when}はいかがですか。"), ("c", "空けておきますね。招待状をお送りします。")),
    (("g", "次は{when}に伺いたいです。"), ("c", "ありがとうございます。こちらでお待ちしています。")),
    (("g", "Would {when_en} work?"), ("c", "It would. Here is your invitation.")),
)
AFTER: Final[tuple[tuple[Line, ...], ...]] = (
    (("c", "封蝋、届きました。楽しみにしています。"),),
    (("g", "誓約しました。"), ("c", "ありがとうございます。お気をつけていらしてください。")),
    (("g", "Sealed. See you then."), ("c", "See you. Take care on the way.")),
)
THANKS: Final[tuple[tuple[Line, ...], ...]] = (
    (("c", "昨夜はありがとうございました。ゆっくり休めましたか。"), ("g", "よく眠れました。また行きます。")),
    (("c", "Thank you for last night. You were right about that film."), ("g", "I usually am.")),
    (("c", "いただいた本、読み始めました。"), ("g", "感想、聞かせてくださいね。")),
)
REVIEWS: Final = (
    "話していて時間を忘れました。", "言葉づかいがきれいで、落ち着いて過ごせました。", "前に話したことを覚えていてくれて驚きました。",
    "A calm, funny evening. I'll be back.", "初めてでしたが、緊張がすぐに解けました。", "選んでもらった一杯が忘れられません。",
)  # fmt: skip
OF_GUESTS: Final = ("また来ていただきたい方です。", "気持ちのよいお席でした。", "時間通りに来てくださいました。", None)


def pick(chance: Random, scripts: tuple[tuple[Line, ...], ...], **words: str) -> list[Line]:
    return [(who, line.format(**words)) for who, line in chance.choice(scripts)]
