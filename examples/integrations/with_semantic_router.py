"""semantic-router: where a request goes, by what is near it. pip install semantic-router"""

from semantic_router import Route
from semantic_router.routers import IndexedRouter
from texts import Timed, requests

from bertlite_fast import SentenceTransformer

texts = requests(500)
router = IndexedRouter(
    encoder=SentenceTransformer(),
    routes=[
        Route(name="devices", utterances=["turn on the light", "switch the heating off"]),
        Route(name="food", utterances=["order a pizza", "get me something to eat"]),
    ],
    confidence_threshold=0.6,
)
with Timed("routed", len(texts)):
    found = [router(text).name for text in texts]
for text, route in list(zip(texts, found))[:5]:
    print(route, "<-", text)
