"""Believable tags: each cast is a mixture of a few hidden tastes, and each taste likes some tags more than others."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

TASTES: Final[Mapping[str, str]] = {
    "cellar": "red-wine white-wine natural-wine champagne sommelier gourmet elegant deep-talk business-dinner jazz french sushi travel",
    "counter": "whisky jazz calm brandy cocktails bartending suit cool-look comfortable-silence late-night gin smoker-friendly straight-talk coffee",
    "festival": "party-spirit lively tequila groups karaoke strong-drinker champagne birthday hip-hop techno dance gyaru glamorous late-night",
    "otaku": "anime manga video-games cosplay board-games idols j-pop shy cute craft-beer small-talk glasses visual-kei light-drinker",
    "seoul": "k-pop korean makgeolli cosmetics fashion drama barbecue cute nails idols dance teasing perfume",
    "kyoto": "kimono tea-ceremony flowers calligraphy sake polite-manners elegant calm kansai-dialect theatre letter-writing fine-tea museums",
    "green": "golf business-talk news-and-economy business-dinner suit dinner-company whisky sushi quick-wit polite-manners intellectual tall",
    "outdoor": "camping hiking hot-springs sea-and-surf snowboarding running craft-beer travel dogs photography natural-look curious gym",
    "stadium": "baseball football martial-arts gym craft-beer lively straight-talk running barbecue ramen tall passionate",
    "naniwa": "osaka-humour kansai-dialect comedy-shows lively quick-wit storyteller ramen shochu groups baseball teasing innocent",
    "gallery": "museums painting photography cinema artistic mode natural-wine perfume classical mysterious short-hair french tattoos deep-talk",
    "library": "reading intellectual glasses deep-talk shogi classical coffee fine-tea comfortable-silence good-listener cinema life-advice calm",
    "home": "cooking homely sweets cats dogs healing good-listener light-drinker natural-look plum-wine non-smoking flowers first-visit small-talk",
    "airport": "english mandarin french spanish interpreting visitors-to-town travel cantonese curious portuguese thai cocktails business-talk",
    "stage": "live-singing karaoke piano guitar showa-songs city-pop jazz theatre passionate artistic storyteller rock long-hair",
    "garage": "motorsport motorcycles rock horse-racing mahjong darts billiards smoker-friendly boyish tattoos straight-talk shochu dependable whisky",
    "oracle": "astrology tarot-reading mysterious love-stories life-advice perfume yoga healing long-hair good-listener plum-wine cats",
    "welcome": "first-visit solo-guests women-guests couples non-alcoholic non-smoking praise good-listener small-talk after-work remembers-everything homely",
    "south": "awamori hakata-dialect shochu sea-and-surf lively natural-look barbecue guitar innocent ramen dependable strong-drinker",
    "runway": "fashion mode cosmetics nails tall glamorous perfume champagne cool-look yoga english long-hair techno museums",
    "magic": "table-magic darts board-games teasing quick-wit groups birthday cocktails curious praise cosplay remembers-everything",
}
"""Taste → its tags, the likeliest first."""
EVERYWHERE: Final = tuple(
    "japanese karaoke travel gourmet night-views good-listener cinema mature petite drama sweets after-work small-talk".split()
)
"""What is said by many, whatever their taste."""


def weights(vocabulary: Sequence[str]) -> dict[str, dict[str, float]]:
    """Taste → tag → weight, with tags of the vocabulary alone."""
    known = set(vocabulary)
    return {
        taste: {tag: 1.0 / (2 + place) for place, tag in enumerate(t for t in tags.split() if t in known)}
        for taste, tags in TASTES.items()
    }


def mixture(chance: Random) -> dict[str, float]:
    """One to three tastes, the first the strongest."""
    count = chance.choices((1, 2, 3), (3, 5, 2))[0]
    tastes = chance.sample(sorted(TASTES), count)
    return dict(zip(tastes, (1.0, 0.6, 0.35), strict=False))


def tags(
    chance: Random, mixed: Mapping[str, float], vocabulary: Sequence[str], by_taste: Mapping[str, Mapping[str, float]]
) -> list[str]:
    """Six to fourteen tags: most of one's tastes, some that many say, a few by whim."""
    wanted = chance.randint(6, 14)
    found: list[str] = []
    while len(found) < wanted:
        luck = chance.random()
        if luck < 0.72:
            taste = chance.choices(list(mixed), list(mixed.values()))[0]
            tag = chance.choices(list(by_taste[taste]), list(by_taste[taste].values()))[0]
        elif luck < 0.88:
            tag = chance.choice(EVERYWHERE)
        else:
            tag = chance.choice(vocabulary)
        if tag not in found:
            found.append(tag)
    return found
