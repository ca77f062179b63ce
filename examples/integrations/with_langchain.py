"""LangChain: a vector store. pip install langchain-core"""

from langchain_core.vectorstores import InMemoryVectorStore
from texts import Timed, requests

from bertlite_fast.integrations.langchain import BertliteEmbeddings

texts = requests(5000)
store = InMemoryVectorStore(BertliteEmbeddings())
with Timed("added", len(texts)):
    store.add_texts(texts)
for document, score in store.similarity_search_with_score("lights on in the kitchen please", k=3):
    print(f"{score:.3f} {document.page_content}")
