"""KeyBERT: the words that say what a text is about. pip install keybert"""

from keybert import KeyBERT
from texts import Timed, requests

from bertlite_fast import SentenceTransformer

texts = requests(500)
finder = KeyBERT(model=SentenceTransformer())
with Timed("keywords", len(texts)):
    found = finder.extract_keywords(texts, top_n=2)
for text, words in list(zip(texts, found))[:3]:
    print(text, words)
