"""LlamaIndex: an index of nodes. pip install llama-index-core"""

from llama_index.core import VectorStoreIndex
from llama_index.core.schema import TextNode
from texts import Timed, requests

from bertlite_fast.integrations.llama_index import BertliteEmbedding

texts = requests(2000)
nodes = [TextNode(text=text) for text in texts]
with Timed("indexed", len(texts)):
    index = VectorStoreIndex(nodes, embed_model=BertliteEmbedding(embed_batch_size=256))
for found in index.as_retriever(similarity_top_k=3).retrieve("lights on in the kitchen please"):
    print(f"{found.score:.3f} {found.text}")
